-- What each word that a channel's orders use means, by the vocabulary of its platform (config/words). A word that
-- is in no list is `unknown`: it is never taken for open or paid.
-- grain:  one row per platform × axis × word as it is written
-- keys:   platform, axis, said
-- inputs: valid.orders, valid.order_lines, settings.channels, settings.order_words

create or replace table core.word_meanings as
with

written as (
    select
        channel,
        'payment' as axis,
        payment_state as said
    from valid.orders
    union distinct
    select
        channel,
        'fulfilment' as axis,
        fulfilment_state as said
    from valid.orders
    union distinct
    select
        channel,
        'method' as axis,
        payment_method as said
    from valid.orders
    union distinct
    select
        channel,
        'fulfilment' as axis,
        fulfilment_state as said
    from valid.order_lines
    union distinct
    select
        channel,
        'shipper' as axis,
        fulfilled_by as said
    from valid.order_lines
    union distinct
    select
        channel,
        'kind' as axis,
        kind as said
    from valid.order_lines
),

-- Two channels of one platform share its vocabulary.
said as (
    select distinct
        channels.platform,
        written.axis,
        written.said
    from written
    inner join settings.channels using (channel)
    where written.said is not null
)

select
    said.platform,
    said.axis,
    said.said,
    -- Of two patterns that fit, the longer one.
    coalesce(arg_max(order_words.meaning, length(order_words.word)), 'unknown') as meaning
from said
left join settings.order_words
    on
        said.platform = order_words.platform
        and said.axis = order_words.axis
        and folded(said.said) like order_words.word
group by said.platform, said.axis, said.said;
