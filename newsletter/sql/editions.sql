-- An edition can be done only when its ledger holds one copy for each reader of its audience, and no copy is under way.
-- A trigger, so that the check also meets a state that is set in a shell.

CREATE OR REPLACE FUNCTION newsletter_books_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    copies bigint;
    under_way bigint;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE state IN ('pending', 'claimed', 'sending', 'deferred'))
    INTO copies, under_way FROM newsletter_delivery WHERE edition_id = NEW.id;
    IF under_way > 0 OR copies <> NEW.audience THEN
        RAISE EXCEPTION 'edition % has % copies of %, % under way', NEW.week, copies, NEW.audience, under_way
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_done_edition_balances';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER newsletter_books_balance AFTER INSERT OR UPDATE ON newsletter_edition
    FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION newsletter_books_balance();
