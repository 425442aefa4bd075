"""What is read: stages, meters, runs, the dataset. May import `lab`, never `report`."""
