-- Materials that no case names are taken away after a time. Who takes one locks its row, looks once more in a statement of its own,
-- and marks it: from then on nobody may name it. Who names one holds its row while the naming is written down.

ALTER TABLE material ADD COLUMN brought_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN brought_role text COLLATE "C",
    ADD COLUMN taken_at timestamptz, ADD COLUMN taken_by text;
COMMENT ON COLUMN material.brought_at IS 'When it was brought last';
COMMENT ON COLUMN material.brought_role IS 'By whom first; what an integrator brings, or nobody knows who, is never taken away: answers may name it';
COMMENT ON COLUMN material.taken_at IS 'It is being taken away by the daemon taken_by: nobody may name it any more';
CREATE INDEX material_brought_at ON material (brought_at) WHERE brought_role IN ('window', 'operator', 'applicant');
CREATE INDEX material_use_digest ON material_use (digest);

CREATE FUNCTION material_take(by text, keep interval, again interval, most int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE candidates text[];
BEGIN
    SELECT array_agg(c.digest) INTO candidates FROM (
        SELECT m.digest FROM material m WHERE m.brought_role IN ('window', 'operator', 'applicant') AND m.brought_at < now() - keep
        AND (m.taken_at IS NULL OR m.taken_at < now() - again)
        AND NOT EXISTS (SELECT FROM material_use u WHERE u.digest = m.digest) ORDER BY m.brought_at LIMIT most FOR UPDATE OF m SKIP LOCKED) c;
    RETURN QUERY UPDATE material m SET taken_at = now(), taken_by = by WHERE m.digest = ANY (candidates)
        AND NOT EXISTS (SELECT FROM material_use u WHERE u.digest = m.digest)
        AND NOT EXISTS (SELECT FROM incident i WHERE i.code = 'answered_for' AND position(m.digest IN i.message) > 0)
        RETURNING m.digest;
END
$$;
COMMENT ON FUNCTION material_take IS 'Marks materials that no case names, nor the evidence of an answer recorded for a department, for who calls; again: when one who marked and vanished is too old';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT DELETE ON material TO yjs_daemon;
        GRANT EXECUTE ON FUNCTION material_take TO yjs_daemon;
    END IF;
END
$$;
