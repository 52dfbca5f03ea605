-- A review keeps its times and corrections as corrections.sql says.

CREATE OR REPLACE TRIGGER review_keeps_times
    BEFORE INSERT OR UPDATE
    OF reviewer_id, tool_id, verdict, quote, basis, disclosure, evidence, reviewed_on, status, revision ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_keep_times('reviews_reviewrevision', 'review_id',
        'reviewer_id', 'tool_id', 'verdict', 'quote', 'basis', 'disclosure', 'evidence', 'reviewed_on');
