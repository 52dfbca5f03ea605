-- Whether a crowd's counted votes come from enough networks and days.
--
-- Each looks for one network after the other in an index, and then for one day after the other: as many steps as are
-- asked for, however many votes there are. A network is an IPv4 /24 or an IPv6 /48 within a week; of votes from before
-- those were kept, the client network within a day. Votes of which no network is known come from none.

CREATE OR REPLACE FUNCTION votes_are_spread(subject uuid, networks int, days int) RETURNS boolean LANGUAGE sql STABLE AS $$
WITH RECURSIVE network (hash, number) AS (
    (
        SELECT coalesce(site_hash, origin), 1 FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND coalesce(site_hash, origin) IS NOT NULL
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT coalesce(site_hash, origin) FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND coalesce(site_hash, origin) > network.hash
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    ), number + 1
    FROM network WHERE hash IS NOT NULL AND number < networks
), day (at, number) AS (
    (SELECT created_at, 1 FROM votes_vote WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL ORDER BY created_at LIMIT 1)
    UNION ALL
    SELECT (
        SELECT created_at FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND created_at >= date_trunc('day', day.at, 'UTC') + interval '1 day'
        ORDER BY created_at LIMIT 1
    ), number + 1
    FROM day WHERE at IS NOT NULL AND number < days
)
SELECT (SELECT count(hash) FROM network) >= networks AND (SELECT count(at) FROM day) >= days
$$;

CREATE OR REPLACE FUNCTION votes_picks_are_spread(one uuid, other uuid, networks int, days int) RETURNS boolean
LANGUAGE sql STABLE AS $$
WITH RECURSIVE network (hash, number) AS (
    (
        SELECT coalesce(site_hash, origin), 1 FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND coalesce(site_hash, origin) IS NOT NULL
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT coalesce(site_hash, origin) FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND coalesce(site_hash, origin) > network.hash
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    ), number + 1
    FROM network WHERE hash IS NOT NULL AND number < networks
), day (at, number) AS (
    (
        SELECT created_at, 1 FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
        ORDER BY created_at LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT created_at FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND created_at >= date_trunc('day', day.at, 'UTC') + interval '1 day'
        ORDER BY created_at LIMIT 1
    ), number + 1
    FROM day WHERE at IS NOT NULL AND number < days
)
SELECT (SELECT count(hash) FROM network) >= networks AND (SELECT count(at) FROM day) >= days
$$;
