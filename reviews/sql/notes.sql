-- A correction's note says to readers what was put right. Who corrects says it for the transaction
-- (backend/api/attribution.py); it stands on the row while readers see that text, and then on the revision that keeps it.
-- Nothing else writes it: a note is of one correction, and never of the next.
--
-- Triggers fire by name: *_keeps_times, which raises the revision, comes before.

CREATE OR REPLACE FUNCTION reviews_note_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.correction_note := CASE WHEN NEW.revision > OLD.revision
        THEN left(coalesce(current_setting('history.note', true), ''), 500) ELSE OLD.correction_note END;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_notes_corrections BEFORE UPDATE ON reviews_review
    FOR EACH ROW WHEN (NEW.revision > OLD.revision OR NEW.correction_note <> OLD.correction_note)
    EXECUTE FUNCTION reviews_note_correction();
CREATE OR REPLACE TRIGGER head_to_head_notes_corrections BEFORE UPDATE ON reviews_headtohead
    FOR EACH ROW WHEN (NEW.revision > OLD.revision OR NEW.correction_note <> OLD.correction_note)
    EXECUTE FUNCTION reviews_note_correction();

-- Arguments: the table whose former text is kept, and the column that names its row. It still has the former text.
CREATE OR REPLACE FUNCTION reviews_keep_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT correction_note FROM %I WHERE id = $1', TG_ARGV[0])
    INTO NEW.note USING (to_jsonb(NEW) ->> TG_ARGV[1])::uuid;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_revision_keeps_note BEFORE INSERT ON reviews_reviewrevision
    FOR EACH ROW EXECUTE FUNCTION reviews_keep_note('reviews_review', 'review_id');
CREATE OR REPLACE TRIGGER head_to_head_revision_keeps_note BEFORE INSERT ON reviews_headtoheadrevision
    FOR EACH ROW EXECUTE FUNCTION reviews_keep_note('reviews_headtohead', 'head_to_head_id');
