-- What was once the verdict stays known: a pair that has a history is archived, and not deleted.
CREATE OR REPLACE TRIGGER verdict_history_stays BEFORE DELETE ON comparisons_verdictchange
    FOR EACH ROW EXECUTE FUNCTION api_refuse_rewriting();
