"""What it means: from a dataset to the paper. Needs a study's folder and no hypervisor."""
