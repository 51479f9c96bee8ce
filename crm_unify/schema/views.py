"""The views: what holds now, made of what was ever said.

They are written in the SQL that SQLite, PostgreSQL and MariaDB share; a migration creates them.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

CONSENT_CURRENT: Final = """
CREATE VIEW consent_current AS
WITH ranked AS (
    SELECT c.id, c.channel, c.value_norm, c.source_record_id, c.run,
           CASE c.status WHEN 'opted_out' THEN 0 WHEN 'unknown' THEN 1 ELSE 2 END AS severity,
           COALESCE(x.customer_id, r.new_id, c.customer_id) AS customer_id,
           COALESCE(c.source_record_id, c.customer_id) AS said_by,
           CASE WHEN c.run IS NULL AND c.given_at IS NOT NULL THEN 1 ELSE 0 END AS dated,
           CASE WHEN c.run IS NULL THEN c.given_at END AS entered
    FROM consent c
    LEFT JOIN mig_xref x ON x.record_id = c.carrier_record_id
    LEFT JOIN mig_redirect r ON r.old_id = c.customer_id
), newest AS (
    SELECT said_by, channel, value_norm, severity,
           RANK() OVER (PARTITION BY said_by, channel, value_norm
                        ORDER BY COALESCE(run, 0) DESC, dated DESC, entered DESC) AS place
    FROM ranked
), placed AS (
    SELECT said_by, channel, value_norm,
           MIN(CASE WHEN place = 1 THEN severity END) AS last_word,
           MIN(CASE WHEN severity = 0 THEN place END) AS objected,
           MIN(CASE WHEN severity = 2 THEN place END) AS consented
    FROM newest GROUP BY said_by, channel, value_norm
), in_force AS (
    SELECT said_by, channel, value_norm,
           CASE WHEN objected IS NOT NULL AND (consented IS NULL OR consented >= objected) THEN 0
                ELSE last_word END AS severity
    FROM placed
), spoken AS (
    SELECT k.customer_id, k.channel, k.value_norm, MIN(k.severity) AS severity
    FROM ranked k
    JOIN in_force f ON f.said_by = k.said_by AND f.channel = k.channel AND f.severity = k.severity
                   AND COALESCE(f.value_norm, '') = COALESCE(k.value_norm, '')
    GROUP BY k.customer_id, k.channel, k.value_norm
)
SELECT s.customer_id AS customer_id, s.channel AS channel, s.value_norm AS value_norm,
       CASE WHEN s.severity = 0 OR EXISTS (
                SELECT 1 FROM spoken w
                WHERE w.customer_id = s.customer_id AND w.value_norm IS NULL AND w.severity = 0
                  AND (w.channel = s.channel OR w.channel = 'any'))
            THEN 'opted_out' WHEN s.severity = 1 THEN 'unknown' ELSE 'opted_in' END AS status
FROM spoken s
"""
"""The most restrictive of the words in force of each source record, for each customer, channel and value.

The newest word of a record is in force, but only consent with evidence lifts an earlier objection: a word
that means nothing does not. An objection of the customer as a whole (no value) covers every address
and number.

The newest word is the status of the row(s) last appended for a record, channel and value; rows of that
status that were appended earlier say the same and count too (an address that a further customer turned out
to carry). A row entered by a person counts as the customer's own word; the newest by date is in force.
"""

CUSTOMER_XREF: Final = """
CREATE VIEW customer_xref AS
SELECT s.system, s.entity, s.key, s.part, x.customer_id
FROM mig_source_record s JOIN mig_xref x ON x.record_id = s.record_id
UNION ALL
SELECT r.system, r.entity, r.key, r.part, x.customer_id
FROM mig_rekey r JOIN mig_xref x ON x.record_id = r.record_id
WHERE r.state <> 'open' AND NOT EXISTS (
    SELECT 1 FROM mig_source_record n
    WHERE n.record_id = r.record_id AND n.system = r.system AND n.entity = r.entity
      AND n.key = r.key AND n.part = r.part)
"""
"""Which customer a key of a source system leads to, for the systems that run alongside.

``part`` tells the parties of one row apart (a company and its contact). A former key of a record leads to its
customer for ever, unless another record bears it now.
"""

customer_xref: Final = sa.table(
    "customer_xref", *(sa.column(n, sa.Text) for n in ("system", "entity", "key", "part", "customer_id"))
)
consent_current: Final = sa.table(
    "consent_current", *(sa.column(n, sa.Text) for n in ("customer_id", "channel", "value_norm", "status"))
)
