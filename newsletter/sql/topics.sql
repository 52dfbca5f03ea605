-- Every topic and none left are two things: a reader of every topic has chosen none, and only the reader's own choice,
-- never a deleted category, makes one of every topic.

CREATE OR REPLACE FUNCTION newsletter_topic_narrows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE newsletter_subscriber SET gets_every_topic = false WHERE id = NEW.subscriber_id AND gets_every_topic;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER newsletter_topic_narrows AFTER INSERT ON newsletter_subscriber_topics
    FOR EACH ROW EXECUTE FUNCTION newsletter_topic_narrows();

CREATE OR REPLACE FUNCTION newsletter_every_topic_replaces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM newsletter_subscriber_topics WHERE subscriber_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER newsletter_every_topic_replaces AFTER UPDATE OF gets_every_topic ON newsletter_subscriber
    FOR EACH ROW WHEN (NEW.gets_every_topic AND NOT OLD.gets_every_topic)
    EXECUTE FUNCTION newsletter_every_topic_replaces();
