-- How many reviews and head-to-heads of each reviewer are public; backend/api/sql/row_counts.sql says how that is kept. What is
-- scheduled counts too. Of reviews apart by what they say, and by whether lists show their tool.

-- Who changes a review and who publishes or archives its tool wait for each other at the tool's panel, so that the second
-- sees what the first has done. Who moves the panel's count holds it already; its name comes before those that count.
CREATE OR REPLACE FUNCTION reviews_hold_panels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM reviews_panel WHERE tool_id IN (
        SELECT is_now.tool_id FROM old_rows was JOIN new_rows is_now USING (id)
        WHERE is_now.status = 'published'
          AND (was.reviewer_id, was.published_at IS NULL) <> (is_now.reviewer_id, is_now.published_at IS NULL)
    ) ORDER BY tool_id FOR NO KEY UPDATE;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER review_update_holds_panels AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION reviews_hold_panels();

CREATE OR REPLACE TRIGGER review_insert_is_counted AFTER INSERT ON reviews_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('reviews', 'status = ''published'' AND published_at IS NOT NULL',
        'reviewer_id, verdict, (SELECT t.status = ''published'' FROM catalog_tool t WHERE t.id = tool_id)');
CREATE OR REPLACE TRIGGER review_update_is_counted AFTER UPDATE ON reviews_review
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('reviews', 'status = ''published'' AND published_at IS NOT NULL',
        'reviewer_id, verdict, (SELECT t.status = ''published'' FROM catalog_tool t WHERE t.id = tool_id)');
CREATE OR REPLACE TRIGGER review_delete_is_counted AFTER DELETE ON reviews_review
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('reviews', 'status = ''published'' AND published_at IS NOT NULL',
        'reviewer_id, verdict, (SELECT t.status = ''published'' FROM catalog_tool t WHERE t.id = tool_id)');
CREATE OR REPLACE TRIGGER review_counts_are_forgotten AFTER TRUNCATE ON reviews_review
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('reviews');

-- The reviews of a tool that enters or leaves the lists. Its name comes before reviews_follow_tool, which changes the reviews
-- themselves.
CREATE OR REPLACE FUNCTION reviews_count_with_tool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM reviews_panel WHERE tool_id = NEW.id FOR NO KEY UPDATE;
    INSERT INTO api_countchange (name, key, number)
    SELECT 'reviews', ARRAY[reviewer_id, verdict, side.is_listed]::text[], sum(side.number)
    FROM reviews_review,
        LATERAL (VALUES (OLD.status = 'published', -1), (NEW.status = 'published', 1)) side (is_listed, number)
    WHERE tool_id = NEW.id AND status = 'published' AND published_at IS NOT NULL
    GROUP BY 2;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reviews_count_with_tool AFTER UPDATE OF status ON catalog_tool
    FOR EACH ROW WHEN ((OLD.status = 'published') <> (NEW.status = 'published'))
    EXECUTE FUNCTION reviews_count_with_tool();

CREATE OR REPLACE TRIGGER head_to_head_insert_is_counted AFTER INSERT ON reviews_headtohead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('head_to_heads', 'status = ''published'' AND published_at IS NOT NULL', 'reviewer_id');
CREATE OR REPLACE TRIGGER head_to_head_update_is_counted AFTER UPDATE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('head_to_heads', 'status = ''published'' AND published_at IS NOT NULL', 'reviewer_id');
CREATE OR REPLACE TRIGGER head_to_head_delete_is_counted AFTER DELETE ON reviews_headtohead
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION api_count_changes('head_to_heads', 'status = ''published'' AND published_at IS NOT NULL', 'reviewer_id');
CREATE OR REPLACE TRIGGER head_to_head_counts_are_forgotten AFTER TRUNCATE ON reviews_headtohead
    FOR EACH STATEMENT EXECUTE FUNCTION api_forget_counts('head_to_heads');
