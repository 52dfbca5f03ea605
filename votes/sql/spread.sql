-- Whether a crowd's counted votes come from enough networks, providers and days; of providers as many are asked for as of networks.
--
-- Each looks for one network after the other in an index, then for one provider, and then for one day: as many steps as are
-- asked for, however many votes there are. A network is an IPv4 /24 or an IPv6 /48 within a week, a provider an IPv4 /16 or an
-- IPv6 /32 within a day; days lie 24 hours apart. Votes from before those were kept come from the client network within a day, each with a provider of
-- its own. Votes of which no network is known come from none.

CREATE OR REPLACE FUNCTION votes_are_spread(subject uuid, networks int, days int) RETURNS boolean LANGUAGE sql STABLE AS $$
WITH RECURSIVE network (hash, is_old, number) AS (
    (
        SELECT coalesce(site_hash, origin), provider_hash IS NULL, 1 FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND coalesce(site_hash, origin) IS NOT NULL
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    )
    UNION ALL
    SELECT next.hash, next.is_old, number + 1 FROM network, LATERAL (
        SELECT coalesce(site_hash, origin) AS hash, provider_hash IS NULL AS is_old FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND coalesce(site_hash, origin) > network.hash
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    ) next
    WHERE number < networks
), provider (hash, number) AS (
    (
        SELECT provider_hash, 1 FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND provider_hash IS NOT NULL
        ORDER BY provider_hash LIMIT 1
    )
    UNION ALL
    SELECT next.hash, number + 1 FROM provider, LATERAL (
        SELECT provider_hash AS hash FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL AND provider_hash > provider.hash
        ORDER BY provider_hash LIMIT 1
    ) next
    WHERE number < networks
), day (at, number) AS (
    (SELECT created_at, 1 FROM votes_vote WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL ORDER BY created_at LIMIT 1)
    UNION ALL
    SELECT next.at, number + 1 FROM day, LATERAL (
        SELECT created_at AS at FROM votes_vote
        WHERE tool_id = subject AND status = 'counted' AND value IS NOT NULL
          AND created_at >= day.at + interval '1 day'
        ORDER BY created_at LIMIT 1
    ) next
    WHERE number < days
)
SELECT (SELECT count(*) FROM network) >= networks
   AND (SELECT count(*) FROM provider) + (SELECT count(*) FROM network WHERE is_old) >= networks
   AND (SELECT count(*) FROM day) >= days
$$;

CREATE OR REPLACE FUNCTION votes_picks_are_spread(one uuid, other uuid, networks int, days int) RETURNS boolean
LANGUAGE sql STABLE AS $$
WITH RECURSIVE network (hash, is_old, number) AS (
    (
        SELECT coalesce(site_hash, origin), provider_hash IS NULL, 1 FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND coalesce(site_hash, origin) IS NOT NULL
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    )
    UNION ALL
    SELECT next.hash, next.is_old, number + 1 FROM network, LATERAL (
        SELECT coalesce(site_hash, origin) AS hash, provider_hash IS NULL AS is_old FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND coalesce(site_hash, origin) > network.hash
        ORDER BY coalesce(site_hash, origin) LIMIT 1
    ) next
    WHERE number < networks
), provider (hash, number) AS (
    (
        SELECT provider_hash, 1 FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND provider_hash IS NOT NULL
        ORDER BY provider_hash LIMIT 1
    )
    UNION ALL
    SELECT next.hash, number + 1 FROM provider, LATERAL (
        SELECT provider_hash AS hash FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND provider_hash > provider.hash
        ORDER BY provider_hash LIMIT 1
    ) next
    WHERE number < networks
), day (at, number) AS (
    (
        SELECT created_at, 1 FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
        ORDER BY created_at LIMIT 1
    )
    UNION ALL
    SELECT next.at, number + 1 FROM day, LATERAL (
        SELECT created_at AS at FROM votes_pick
        WHERE first_tool_id = one AND second_tool_id = other AND status = 'counted' AND chosen_tool_id IS NOT NULL
          AND created_at >= day.at + interval '1 day'
        ORDER BY created_at LIMIT 1
    ) next
    WHERE number < days
)
SELECT (SELECT count(*) FROM network) >= networks
   AND (SELECT count(*) FROM provider) + (SELECT count(*) FROM network WHERE is_old) >= networks
   AND (SELECT count(*) FROM day) >= days
$$;
