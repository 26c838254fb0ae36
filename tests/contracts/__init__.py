"""What every resource keeps, tested for each of them from a few attributes."""

from tests.contracts.base import error
from tests.contracts.ownership import OwnershipContract
from tests.contracts.resources import ResourceContract

__all__ = ["OwnershipContract", "ResourceContract", "error"]
