-- The bounds of a published crowd belong to its counts.

-- Counts that are changed without them lose them, and then decide nothing: bounds that are out of date would.
CREATE OR REPLACE FUNCTION votes_drop_stale_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.bound_low := NULL;
    NEW.bound_high := NULL;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER published_tally_drops_stale_bounds
    BEFORE UPDATE OF ship, skip ON votes_publishedtally
    FOR EACH ROW WHEN (
        (NEW.ship, NEW.skip) <> (OLD.ship, OLD.skip)
        AND (NEW.bound_low, NEW.bound_high) IS NOT DISTINCT FROM (OLD.bound_low, OLD.bound_high)
    )
    EXECUTE FUNCTION votes_drop_stale_bounds();

CREATE OR REPLACE TRIGGER published_pick_tally_drops_stale_bounds
    BEFORE UPDATE OF first, second ON votes_publishedpicktally
    FOR EACH ROW WHEN (
        (NEW.first, NEW.second) <> (OLD.first, OLD.second)
        AND (NEW.bound_low, NEW.bound_high) IS NOT DISTINCT FROM (OLD.bound_low, OLD.bound_high)
    )
    EXECUTE FUNCTION votes_drop_stale_bounds();
