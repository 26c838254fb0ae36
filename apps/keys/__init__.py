"""Policies: what keys may call, and how often."""
