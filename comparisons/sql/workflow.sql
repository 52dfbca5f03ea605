-- As catalog/sql/workflow.sql has it of tools.

CREATE OR REPLACE TRIGGER comparison_moves_by_workflow BEFORE UPDATE OF status ON comparisons_comparison
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION catalog_keep_workflow(
        'draft in_review', 'in_review draft', 'draft published', 'in_review published', 'published draft',
        'published archived', 'archived published');
