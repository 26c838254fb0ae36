"""Organisations: who owns everything else."""
