-- Texts are kept with composed letters (Unicode NFC): a name typed on two machines is one. Of two references
-- that would become the same the one that is composed already keeps its name; the others stay as they are,
-- and `freshmint doctor` names them.
UPDATE orders SET reference = normalize(reference, NFC)
WHERE reference IS NOT NFC NORMALIZED
  AND id IN (
    SELECT DISTINCT ON (normalize(reference, NFC)) id FROM orders
    ORDER BY normalize(reference, NFC), (reference IS NFC NORMALIZED) DESC, id);

UPDATE orders SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED;

UPDATE orders SET lines = normalize(lines::text, NFC)::jsonb
WHERE lines::text IS NOT NFC NORMALIZED;

-- A metadata key in two forms is two keys: then both stay.
UPDATE orders SET metadata = normalize(metadata::text, NFC)::jsonb
WHERE metadata::text IS NOT NFC NORMALIZED
  AND (SELECT count(*) = count(DISTINCT normalize(key, NFC)) FROM jsonb_object_keys(metadata) key);

UPDATE blasts SET selection = normalize(selection::text, NFC)::jsonb
WHERE selection::text IS NOT NFC NORMALIZED;
