-- A tool that was merged into another stays so until that is undone: it is not published, keeps the slug that it was given, and
-- takes no votes, picks, live reviews, live head-to-heads or published pairs, whoever writes them.

CREATE OR REPLACE FUNCTION comparisons_is_merged(tool uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM comparisons_toolmerge WHERE merged_tool_id = tool AND undone_at IS NULL);
END $$;

CREATE OR REPLACE FUNCTION comparisons_merged_tool_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF comparisons_is_merged(NEW.id) THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_merged_tool_stays_merged',
            MESSAGE = 'This tool was merged into another: undo the merge first.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER merged_tool_stays BEFORE UPDATE OF slug, status ON catalog_tool
    FOR EACH ROW WHEN (NEW.slug <> OLD.slug OR (NEW.status = 'published' AND OLD.status <> 'published'))
    EXECUTE FUNCTION comparisons_merged_tool_stays();

-- A review that goes public goes to the tool that is left. One that stayed behind may be corrected and retracted.
CREATE OR REPLACE FUNCTION comparisons_merged_tool_gets_no_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.status, OLD.tool_id) = (NEW.status, NEW.tool_id) THEN
        RETURN NEW;
    END IF;
    -- A merge that is under way is waited for.
    PERFORM FROM catalog_tool WHERE id = NEW.tool_id FOR KEY SHARE;
    IF comparisons_is_merged(NEW.tool_id) THEN
        RAISE check_violation USING
            CONSTRAINT = 'a_merged_tool_gets_no_review',
            MESSAGE = 'This tool was merged into another: review that one.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_of_merged_tool_is_not_published BEFORE INSERT OR UPDATE OF tool_id, status ON reviews_review
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION comparisons_merged_tool_gets_no_review();

-- A head-to-head that stayed behind may be corrected and retracted too; a pair is archived with the merge.
CREATE OR REPLACE FUNCTION comparisons_merged_tool_gets_no_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (OLD.status, OLD.first_tool_id, OLD.second_tool_id) = (NEW.status, NEW.first_tool_id, NEW.second_tool_id)
    THEN
        RETURN NEW;
    END IF;
    -- A merge that is under way is waited for.
    PERFORM FROM catalog_tool WHERE id IN (NEW.first_tool_id, NEW.second_tool_id) ORDER BY id FOR KEY SHARE;
    IF comparisons_is_merged(NEW.first_tool_id) OR comparisons_is_merged(NEW.second_tool_id) THEN
        RAISE check_violation USING
            CONSTRAINT = TG_ARGV[0],
            MESSAGE = 'One of the two tools was merged into another: take that one.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER pair_of_merged_tool_is_not_published
    BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id, status ON comparisons_comparison
    FOR EACH ROW WHEN (NEW.status = 'published')
    EXECUTE FUNCTION comparisons_merged_tool_gets_no_pair('a_merged_tool_gets_no_pair');

CREATE OR REPLACE TRIGGER pair_of_merged_tool_is_not_published
    BEFORE INSERT OR UPDATE OF first_tool_id, second_tool_id, status ON reviews_headtohead
    FOR EACH ROW WHEN (NEW.status = 'published')
    EXECUTE FUNCTION comparisons_merged_tool_gets_no_pair('a_merged_tool_gets_no_head_to_head');

-- What was under way while tools were merged is begun anew, and then finds the tool that is left: it is told that it met a
-- deadlock. Fires after the tally has been waited for, since its name comes later.
CREATE OR REPLACE FUNCTION comparisons_merged_tool_gets_no_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM comparisons_toolmerge merge WHERE merge.undone_at IS NULL AND merge.merged_tool_id IN (
            SELECT (to_jsonb(arrived) ->> TG_ARGV[0])::uuid FROM arrived
            UNION ALL SELECT (to_jsonb(arrived) ->> TG_ARGV[1])::uuid FROM arrived
        )
    ) THEN
        RAISE deadlock_detected USING MESSAGE = 'This tool was merged into another meanwhile: answer that one.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER merged_tool_gets_no_vote AFTER INSERT ON votes_vote REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION comparisons_merged_tool_gets_no_ballot('tool_id', 'tool_id');

CREATE OR REPLACE TRIGGER merged_tool_gets_no_pick AFTER INSERT ON votes_pick REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION comparisons_merged_tool_gets_no_ballot('first_tool_id', 'second_tool_id');
