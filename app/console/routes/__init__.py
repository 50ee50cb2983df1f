"""The console's doors, one file for each thing that its pages show."""
