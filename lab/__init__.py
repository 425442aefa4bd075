"""Where guests run: lab hosts, providers, images, topology. Imports neither `study` nor `report`."""
