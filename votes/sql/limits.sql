-- A tally says that its counted votes changed, so that the hourly limit is worked out of those alone.

CREATE OR REPLACE FUNCTION votes_say_that_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_moved := true;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tally_says_that_it_moved BEFORE UPDATE OF ship, skip ON votes_tally
    FOR EACH ROW WHEN (NOT OLD.is_moved AND (NEW.ship, NEW.skip) <> (OLD.ship, OLD.skip))
    EXECUTE FUNCTION votes_say_that_tally_moved();

CREATE OR REPLACE TRIGGER pick_tally_says_that_it_moved BEFORE UPDATE OF first, second ON votes_picktally
    FOR EACH ROW WHEN (NOT OLD.is_moved AND (NEW.first, NEW.second) <> (OLD.first, OLD.second))
    EXECUTE FUNCTION votes_say_that_tally_moved();
