"""Users and user groups on the staff site: the same services as everywhere else."""

from django.contrib import admin
from django.contrib.auth.models import Group

from apps.users.admin.groups import UserGroupAdmin
from apps.users.admin.users import UserAdmin

__all__ = ["UserAdmin", "UserGroupAdmin"]

admin.site.unregister(Group)  # permissions are Weir's own table
