from django.db import migrations

# A table is also emptied by TRUNCATE, which asks no trigger for rows; and a chain without its head cannot go on.
GUARD = """
CREATE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit records and the heads of their chains are not deleted'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_records_are_not_emptied BEFORE TRUNCATE ON audit_auditrecord
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept();
CREATE TRIGGER audit_chains_are_not_emptied BEFORE TRUNCATE ON audit_auditchain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept();
CREATE TRIGGER audit_chain_is_kept BEFORE DELETE ON audit_auditchain
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept();
"""
UNGUARDED = """
DROP TRIGGER audit_chain_is_kept ON audit_auditchain;
DROP TRIGGER audit_chains_are_not_emptied ON audit_auditchain;
DROP TRIGGER audit_records_are_not_emptied ON audit_auditrecord;
DROP FUNCTION audit_log_is_kept();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_audit_log'),
    ]

    operations = [
        migrations.RunSQL(GUARD, UNGUARDED),
    ]
