-- What each word that a channel's orders use means, by the vocabulary of its platform (config/words). A word that
-- is in no list is `unknown`: it is never taken for open or paid.
-- grain:  one row per platform × axis × word as it is written
-- keys:   platform, axis, word
-- inputs: valid.orders, valid.order_lines, settings.channels, settings.order_words

create or replace table core.word_meanings as
with

written as (
    select
        channel,
        'payment' as axis,
        payment_state as word
    from valid.orders
    union distinct
    select
        channel,
        'fulfilment' as axis,
        fulfilment_state as word
    from valid.orders
    union distinct
    select
        channel,
        'method' as axis,
        payment_method as word
    from valid.orders
    union distinct
    select
        channel,
        'risk' as axis,
        risk_word as word
    from valid.orders
    union distinct
    select
        channel,
        'fulfilment' as axis,
        fulfilment_state as word
    from valid.order_lines
    union distinct
    select
        channel,
        'shipper' as axis,
        fulfilled_by as word
    from valid.order_lines
    union distinct
    select
        channel,
        'kind' as axis,
        kind as word
    from valid.order_lines
),

-- Two channels of one platform share its vocabulary.
distinct_words as (
    select distinct
        channels.platform,
        written.axis,
        written.word
    from written
    inner join settings.channels using (channel)
    where written.word is not null
)

select
    distinct_words.platform,
    distinct_words.axis,
    distinct_words.word,
    -- Of two patterns that fit, the longer one; of two as long, always the same.
    coalesce(arg_max(order_words.meaning, (length(order_words.word), order_words.word)), 'unknown') as meaning
from distinct_words
left join settings.order_words
    on
        distinct_words.platform = order_words.platform
        and distinct_words.axis = order_words.axis
        and folded(distinct_words.word) like order_words.word
group by distinct_words.platform, distinct_words.axis, distinct_words.word;
