-- A reader may withdraw a ballot: then it says nothing, and its row stays. So what was decided of a voter's ballot on one
-- subject holds, however often it is withdrawn, changed and cast again, and after the voter was erased.

CREATE OR REPLACE TRIGGER rejected_vote_stays BEFORE UPDATE OF status ON votes_vote
    FOR EACH ROW WHEN (OLD.status = 'rejected' AND NEW.status <> 'rejected')
    EXECUTE FUNCTION votes_ballot_stays('A rejected vote stays rejected.');

CREATE OR REPLACE TRIGGER rejected_pick_stays BEFORE UPDATE OF status ON votes_pick
    FOR EACH ROW WHEN (OLD.status = 'rejected' AND NEW.status <> 'rejected')
    EXECUTE FUNCTION votes_ballot_stays('A rejected pick stays rejected.');

-- A vote that counted is screened anew when it is cast again; any other keeps its status.
CREATE OR REPLACE TRIGGER held_vote_stays_held BEFORE UPDATE OF value ON votes_vote
    FOR EACH ROW WHEN (OLD.value IS NULL AND NEW.value IS NOT NULL AND OLD.status <> 'counted' AND NEW.status <> OLD.status)
    EXECUTE FUNCTION votes_ballot_stays('A vote that is cast again keeps what was decided of it.');

CREATE OR REPLACE TRIGGER held_pick_stays_held BEFORE UPDATE OF chosen_tool_id ON votes_pick
    FOR EACH ROW WHEN (OLD.chosen_tool_id IS NULL AND NEW.chosen_tool_id IS NOT NULL AND OLD.status <> 'counted' AND NEW.status <> OLD.status)
    EXECUTE FUNCTION votes_ballot_stays('A pick that is cast again keeps what was decided of it.');

-- A DELETE of a ballot that doesn't count withdraws it instead, unless its voter was erased. The argument is the column
-- of what it says.
CREATE OR REPLACE FUNCTION votes_delete_withdraws() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM votes_voter WHERE id = OLD.voter_id AND erased_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    EXECUTE format('UPDATE %s SET %I = NULL WHERE id = $1', TG_RELID::regclass, TG_ARGV[0]) USING OLD.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER delete_withdraws_held_vote BEFORE DELETE ON votes_vote
    FOR EACH ROW WHEN (OLD.status <> 'counted') EXECUTE FUNCTION votes_delete_withdraws('value');

CREATE OR REPLACE TRIGGER delete_withdraws_held_pick BEFORE DELETE ON votes_pick
    FOR EACH ROW WHEN (OLD.status <> 'counted') EXECUTE FUNCTION votes_delete_withdraws('chosen_tool_id');

-- A voter who was erased stays erased and casts nothing more: the key is all that is left, and refuses the token.
CREATE OR REPLACE TRIGGER voter_keeps_key BEFORE UPDATE OF key, erased_at ON votes_voter
    FOR EACH ROW WHEN (NEW.key <> OLD.key OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS NULL))
    EXECUTE FUNCTION votes_ballot_stays('A voter keeps the key, and once erased stays erased.');

CREATE OR REPLACE TRIGGER erased_voter_stays BEFORE DELETE ON votes_voter
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL)
    EXECUTE FUNCTION votes_ballot_stays('The key of an erased voter stays, so that the token is refused.');

CREATE OR REPLACE FUNCTION votes_erased_voter_casts_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM arrived JOIN votes_voter voter ON voter.id = arrived.voter_id WHERE voter.erased_at IS NOT NULL
    ) THEN
        RAISE check_violation USING MESSAGE = 'An erased voter casts nothing.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER erased_voter_casts_no_vote AFTER INSERT ON votes_vote REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_erased_voter_casts_nothing();

CREATE OR REPLACE TRIGGER erased_voter_casts_no_pick AFTER INSERT ON votes_pick REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION votes_erased_voter_casts_nothing();
