-- A slug that readers could read never changes hands: it leads to one tool for ever, also after that tool is renamed.
-- The database keeps this, so that it also holds for imports, bulk actions of the admin and update() in a shell.

-- A tool may not take a slug that leads to another tool. A renamed tool leaves its earlier slug behind as an alias. That of
-- a tool that nobody could read yet serves its previews, until another tool takes it.
--
-- A tool that takes the slug of one that is being renamed waits for the rename at the unique index, and looks for aliases
-- after that. Only an alias that is written by hand needs a lock. Tools share it, so that a transaction holds one lock
-- however many tools it writes.
CREATE OR REPLACE FUNCTION catalog_tool_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('catalog.slugs', 0));
    DELETE FROM catalog_toolalias USING catalog_tool
    WHERE catalog_toolalias.slug = NEW.slug AND catalog_toolalias.tool_id <> NEW.id
        AND catalog_tool.id = catalog_toolalias.tool_id AND coalesce(catalog_tool.public_at > statement_timestamp(), true);
    IF EXISTS (SELECT FROM catalog_toolalias WHERE slug = NEW.slug AND tool_id <> NEW.id) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'a_slug_never_changes_hands',
            MESSAGE = format('The slug "%s" once belonged to another tool and still leads there.', NEW.slug);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        -- A tool that takes back a slug of its own has no use for the alias.
        DELETE FROM catalog_toolalias WHERE slug = NEW.slug AND tool_id = NEW.id;
        INSERT INTO catalog_toolalias (slug, tool_id) VALUES (OLD.slug, OLD.id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tool_takes_slug AFTER INSERT ON catalog_tool
    FOR EACH ROW EXECUTE FUNCTION catalog_tool_takes_slug();

CREATE OR REPLACE TRIGGER tool_changes_slug AFTER UPDATE OF slug ON catalog_tool
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION catalog_tool_takes_slug();

-- An alias may not take the slug of a tool.
CREATE OR REPLACE FUNCTION catalog_alias_takes_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Deeper down it is a rename that writes the alias.
    IF pg_trigger_depth() = 1 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('catalog.slugs', 0));
    END IF;
    IF EXISTS (SELECT FROM catalog_tool WHERE slug = NEW.slug) THEN
        RAISE unique_violation USING
            CONSTRAINT = 'a_slug_never_changes_hands',
            MESSAGE = format('The slug "%s" belongs to a tool.', NEW.slug);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER alias_takes_slug BEFORE INSERT OR UPDATE OF slug ON catalog_toolalias
    FOR EACH ROW EXECUTE FUNCTION catalog_alias_takes_slug();
