"""System checks that hold together what must fit."""
