"""An invented but plausible world that speaks the providers' own wire formats."""
