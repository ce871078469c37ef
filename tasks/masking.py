"""What a cell may not show: the numbers of payment cards, e-mail addresses, phone numbers.

The rule for card numbers stands here and nowhere else. A cell holds one where a run of digits has a
length and a beginning that a card network gives out, and the check digit of Luhn: 16 digits and 4,
51 to 55, 2221 to 2720, 35; 15 and 34, 37; 14 and 36, 38; 16 to 19 and 4, 6011, 644 to 65, 62; also
13 and 4 where nothing else is in the cell. Blanks or hyphens may part it, as on the card. Not taken
for one: a barcode (13 or 14 digits with a barcode's own check digit), an IBAN, ids within JSON, and
what stands in a column declared as an id, a code or a date.

Everything is SQL: a look at the length decides for most cells, a regular expression for most of the
others, and the check digit is computed for what is left.
"""

CARD = "(card number)"  # stands for one; a cell that was redacted is known by it

_NETWORKS = (
    "4[0-9]{12}(?:[0-9]{3}){0,2}",
    "5[1-5][0-9]{14}",
    "2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}",
    "3[47][0-9]{13}",
    "3[68][0-9]{12}",
    "35(?:2[89]|[3-8][0-9])[0-9]{12,15}",
    "6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12,15}",
    "62[0-9]{14,17}",
)
_BEGIN = "(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|3[45678][0-9]{2}|6[0245][0-9]{2})"
_LIKELY = f"{_BEGIN}(?:[ -]?[0-9]){{9}}"
_RUNS = (
    "[0-9]{13,}",
    f"{_BEGIN}(?:[ -][0-9]{{4}}){{3}}",
    f"{_BEGIN}(?:[ -][0-9]{{4}}){{3}}[ -][0-9]{{3}}",
    f"{_BEGIN}[ -][0-9]{{6}}[ -][0-9]{{4,5}}",
    f"{_BEGIN}[0-9]*(?:[ -][0-9]{{3,}})+",
)
_IBAN = r"\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b"
_JSON_ID = r"""(?:/|[iI][dD]s?"\s*:\s*"?)[0-9]+"""
EMAIL = r"""[^\s@,;:"'<>()|=]+@[^\s@,;:"'<>()|=]+\.[^\s@,;:"'<>()|=]+"""
PHONE = (
    r"\+[0-9][0-9 ().-]{6,}[0-9]|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b"
    r"|\b0[0-9]{2,4}[ /-][0-9][0-9 -]{4,}[0-9]"
)


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_RUNS_OF = ", ".join(f"regexp_extract_all(rest, {_sql(run)})" for run in _RUNS)
MACROS = f"""
create or replace temp macro passes_luhn(digits) as
    list_sum([
        case when place % 2 = 0 then cast(digits[length(digits) - place] as integer)
        when digits[length(digits) - place] > '4' then 2 * cast(digits[length(digits) - place] as integer) - 9
        else 2 * cast(digits[length(digits) - place] as integer) end
        for place in range(length(digits))
    ]) % 10 = 0;
create or replace temp macro is_barcode(digits) as
    length(digits) in (13, 14) and list_sum([
        cast(digits[length(digits) - place] as integer) * case when place % 2 = 1 then 3 else 1 end
        for place in range(length(digits))
    ]) % 10 = 0;
create or replace temp macro is_card(digits) as
    case when regexp_full_match(digits, {_sql("|".join(_NETWORKS))})
    then passes_luhn(digits) and not is_barcode(digits) else false end;
create or replace temp macro any_card(rest, cell) as
    list_bool_or([
        is_card(digits) and (length(digits) > 13 or digits = cell)
        for digits in list_transform(
            flatten([{_RUNS_OF}]), lambda run: regexp_replace(run, '[ -]', '', 'g')
        )
    ]);
create or replace temp macro has_card(cell) as
    case when strlen(cell) < 13 then false
    when cell = {_sql(CARD)} then true
    when regexp_matches(cell, {_sql(_LIKELY)}) then coalesce(any_card(
        regexp_replace(
            case when cell[1] in ('[', '{{') then regexp_replace(cell, {_sql(_JSON_ID)}, '', 'g') else cell end,
            {_sql(_IBAN)}, '', 'g'
        ), cell), false)
    else false end;
create or replace temp macro masked(cell) as
    case when has_card(cell) then {_sql(CARD)} else regexp_replace(
        regexp_replace(cell, {_sql(EMAIL)}, '(e-mail)', 'g'), {_sql(PHONE)}, '(phone)', 'g'
    ) end;
create or replace temp macro form_of(cell) as
    regexp_replace(regexp_replace(cell, '\\p{{N}}', '9', 'g'), '\\p{{L}}', 'a', 'g');
create or replace temp macro masked_words(cell) as
    case when strlen(cell) > 40 or regexp_matches(cell, '\\p{{L}}{{2,}}[^\\p{{L}}\\p{{N}}]+\\p{{L}}{{2,}}')
    then form_of(masked(cell)) else masked(cell) end;
"""
