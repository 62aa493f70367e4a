"""Who may do what on the broker: users, access control lists and quotas, from agreements. ``throughline acl``."""
