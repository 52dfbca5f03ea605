-- What searches and facets look into is one row for each tool, comparisons_searchdocument: its words, and all that narrows a
-- list but votes. Votes move each second, and a row that moves is written into all of its indexes, those of words too.
--
-- Facets read as many rows as tools match, so rows must be short: words stand apart from them. PostgreSQL moves values out of
-- rows of more than 2 KB alone; the ballast makes each so long, and takes 40 bytes once it is compressed.
--
-- A row is made as a transaction commits, as listings.sql says, and before the rows of lists, so that all lock in one order.

ALTER TABLE comparisons_searchdocument SET (toast_tuple_target = 128);
ALTER TABLE comparisons_searchdocument
    ALTER words SET STORAGE EXTERNAL, ALTER name_words SET STORAGE EXTERNAL, ALTER shipped_by SET STORAGE EXTERNAL,
    ALTER skipped_by SET STORAGE EXTERNAL, ALTER conditions SET STORAGE MAIN, ALTER ballast SET STORAGE MAIN;

-- The words as they are. Its cost tells PostgreSQL what fetching them takes, and that an index of them is to be preferred.
CREATE OR REPLACE FUNCTION comparisons_stored_words(value tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 AS $$
BEGIN
    RETURN value;
END $$;

-- What the rows of these tools are. The words of a name are those of weight A in catalog_tool.search; places of words, which
-- take as much room as the words, stay there. OFFSET 0 keeps PostgreSQL from reading all published reviews by another index.
CREATE OR REPLACE FUNCTION comparisons_tools_as_searched(tools uuid[]) RETURNS SETOF comparisons_searchdocument
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT t.id, t.status = 'published', t.public_at, t.published_at, t.category_id, t.pricing_entry, p.call,
        ARRAY(SELECT condition_id FROM catalog_toolfit WHERE tool_id = t.id ORDER BY 1),
        ARRAY(SELECT reviewer_id FROM (SELECT * FROM reviews_review WHERE tool_id = t.id OFFSET 0) of_tool
            WHERE status = 'published' AND verdict = 'ship' ORDER BY 1),
        ARRAY(SELECT reviewer_id FROM (SELECT * FROM reviews_review WHERE tool_id = t.id OFFSET 0) of_tool
            WHERE status = 'published' AND verdict = 'skip' ORDER BY 1),
        strip(ts_filter(t.search, '{a}')), strip(t.search), repeat(' ', 2048)
    FROM catalog_tool t
    JOIN reviews_panel p ON p.tool_id = t.id
    WHERE t.id = ANY (tools);
END $$;

-- Makes the rows of these tools what they should be; how many were not. Planned as comparisons_list_tools is.
CREATE OR REPLACE FUNCTION comparisons_document_tools(tools uuid[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET from_collapse_limit = 1
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    added uuid[];
    moved bigint;
BEGIN
    WITH new_rows AS (
        INSERT INTO comparisons_searchdocument
        SELECT * FROM comparisons_tools_as_searched(ARRAY(
            SELECT tool FROM unnest(tools) tool
            WHERE NOT EXISTS (SELECT FROM comparisons_searchdocument WHERE tool_id = tool)
        )) ORDER BY tool_id
        ON CONFLICT DO NOTHING RETURNING tool_id
    )
    SELECT coalesce(array_agg(tool_id), '{}') INTO added FROM new_rows;
    -- Who comes second sees what the first has committed.
    PERFORM FROM comparisons_searchdocument WHERE tool_id = ANY (tools) ORDER BY tool_id FOR NO KEY UPDATE;
    UPDATE comparisons_searchdocument d SET
        is_listed = n.is_listed, public_at = n.public_at, published_at = n.published_at, category_id = n.category_id,
        entry = n.entry, call = n.call, conditions = n.conditions, shipped_by = n.shipped_by, skipped_by = n.skipped_by,
        name_words = n.name_words, words = n.words
    FROM comparisons_tools_as_searched(ARRAY(SELECT unnest(tools) EXCEPT SELECT unnest(added))) n
    WHERE n.tool_id = d.tool_id AND d IS DISTINCT FROM n;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved + cardinality(added);
END $$;

CREATE OR REPLACE FUNCTION comparisons_document_as_it_commits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tools uuid[];
BEGIN
    -- The first of a transaction makes those of all; the rows that name them go with the rows of lists.
    IF EXISTS (SELECT FROM comparisons_relisting WHERE id = NEW.id) THEN
        SELECT array_agg(DISTINCT tool_id) INTO tools FROM comparisons_relisting, unnest(tool_ids) tool_id WHERE for_search;
        IF tools IS NOT NULL THEN
            PERFORM comparisons_document_tools(tools);
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Deferred triggers of a row fire by the alphabet: this one before listings_are_made_at_commit.
DROP TRIGGER IF EXISTS documents_are_made_at_commit ON comparisons_relisting;
CREATE CONSTRAINT TRIGGER documents_are_made_at_commit AFTER INSERT ON comparisons_relisting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION comparisons_document_as_it_commits();

CREATE OR REPLACE FUNCTION comparisons_redocument(tools uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(tools) > 0 THEN
        INSERT INTO comparisons_relisting (tool_ids, for_search) VALUES (tools, true);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION comparisons_tools_are_redocumented() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_redocument(array_agg(id)) FROM new_rows;
    ELSE
        PERFORM comparisons_redocument(array_agg(id)) FROM old_rows was JOIN new_rows is_now USING (id)
        WHERE (was.status, was.public_at, was.published_at, was.search, was.category_id, was.pricing_entry)
            IS DISTINCT FROM
            (is_now.status, is_now.public_at, is_now.published_at, is_now.search, is_now.category_id, is_now.pricing_entry);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_insert_redocuments AFTER INSERT ON catalog_tool
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_tools_are_redocumented();
CREATE OR REPLACE TRIGGER tool_update_redocuments AFTER UPDATE ON catalog_tool
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_tools_are_redocumented();

-- A tool's reviews, of which published ones count; and its conditions.
CREATE OR REPLACE FUNCTION comparisons_reviews_redocument() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM comparisons_redocument(array_agg(DISTINCT tool_id)) FROM new_rows WHERE status = 'published';
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM comparisons_redocument(array_agg(DISTINCT tool_id)) FROM old_rows WHERE status = 'published';
    ELSE
        PERFORM comparisons_redocument(array_agg(DISTINCT moved.tool_id))
        FROM old_rows was JOIN new_rows is_now USING (id), LATERAL (VALUES (was.tool_id), (is_now.tool_id)) moved (tool_id)
        WHERE 'published' IN (was.status, is_now.status)
          AND (was.status, was.verdict, was.tool_id, was.reviewer_id)
            <> (is_now.status, is_now.verdict, is_now.tool_id, is_now.reviewer_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_insert_redocuments AFTER INSERT ON reviews_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_redocument();
CREATE OR REPLACE TRIGGER review_update_redocuments AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_reviews_redocument();
CREATE OR REPLACE TRIGGER review_delete_redocuments AFTER DELETE ON reviews_review
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_reviews_redocument();

CREATE OR REPLACE FUNCTION comparisons_conditions_redocument() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM comparisons_redocument(array_agg(DISTINCT tool_id)) FROM old_rows;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM comparisons_redocument(array_agg(DISTINCT tool_id)) FROM new_rows;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER fit_insert_redocuments AFTER INSERT ON catalog_toolfit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_conditions_redocument();
CREATE OR REPLACE TRIGGER fit_update_redocuments AFTER UPDATE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION comparisons_conditions_redocument();
CREATE OR REPLACE TRIGGER fit_delete_redocuments AFTER DELETE ON catalog_toolfit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comparisons_conditions_redocument();

-- Readers see what this table finds.
CREATE OR REPLACE TRIGGER searchdocument_change_is_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON comparisons_searchdocument FOR EACH STATEMENT EXECUTE FUNCTION api_tell_change();
