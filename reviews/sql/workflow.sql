-- Which state follows which, as catalog/sql/workflow.sql has it of tools: what was retracted is published again only by way of
-- a review of it.

CREATE OR REPLACE TRIGGER review_moves_by_workflow BEFORE UPDATE OF status ON reviews_review
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION catalog_keep_workflow(
        'draft in_review', 'in_review draft', 'draft published', 'in_review published', 'published draft',
        'published retracted', 'retracted in_review', 'in_review retracted');

CREATE OR REPLACE TRIGGER head_to_head_moves_by_workflow BEFORE UPDATE OF status ON reviews_headtohead
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION catalog_keep_workflow(
        'draft in_review', 'in_review draft', 'draft published', 'in_review published', 'published draft',
        'published retracted', 'retracted in_review', 'in_review retracted');
