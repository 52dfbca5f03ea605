-- A ballot keeps its voter and its subject: a vote its tool, a pick its pair. The message is the trigger's argument.
--
-- Where tools are merged it goes along (comparisons/merging/ballots.py), and only in a transaction that names the merge.

CREATE OR REPLACE FUNCTION votes_ballot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = TG_ARGV[0];
END $$;

CREATE OR REPLACE TRIGGER vote_stays BEFORE UPDATE OF tool_id, voter_id ON votes_vote
    FOR EACH ROW WHEN (NEW.voter_id <> OLD.voter_id
        OR NEW.tool_id <> OLD.tool_id AND COALESCE(current_setting('votes.merge', true), '') = '')
    EXECUTE FUNCTION votes_ballot_stays('A vote stays with its voter and tool.');

CREATE OR REPLACE TRIGGER pick_stays BEFORE UPDATE OF first_tool_id, second_tool_id, voter_id ON votes_pick
    FOR EACH ROW WHEN (NEW.voter_id <> OLD.voter_id
        OR (NEW.first_tool_id, NEW.second_tool_id) <> (OLD.first_tool_id, OLD.second_tool_id)
            AND COALESCE(current_setting('votes.merge', true), '') = '')
    EXECUTE FUNCTION votes_ballot_stays('A pick stays with its voter and pair.');
