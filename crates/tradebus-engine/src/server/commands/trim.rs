//! XTRIM and XDEL, and the options of trimming, which XADD has too.

use crate::server::dispatch::Context;
use crate::server::parse::{id, integer, is};
use crate::server::refusal::Refusal;
use crate::{EntryId, Trim};

/// MAXLEN, MINID, LIMIT and NOMKSTREAM as they were given.
#[derive(Default)]
pub(super) struct TrimOptions {
    trim: Option<Trim>,
    approximate: bool,
    limit: Option<u64>,
    pub(super) no_mkstream: bool,
}

impl TrimOptions {
    /// Reads options from an argument on. In XADD they end with the first word that is none; returns where that is.
    pub(super) fn parse(args: &[&[u8]], from: usize, is_xadd: bool) -> Result<(Self, usize), Refusal> {
        let mut options = Self::default();
        let mut rest = &args[from..];
        loop {
            rest = match rest {
                [] => break,
                [name, after @ ..] if is_xadd && is(name, "NOMKSTREAM") => {
                    options.no_mkstream = true;
                    after
                }
                [name, after @ ..] if !after.is_empty() && (is(name, "MAXLEN") || is(name, "MINID")) => {
                    options.strategy(name, after)?
                }
                [name, limit, after @ ..] if is(name, "LIMIT") => {
                    let limit = u64::try_from(integer(limit)?);
                    options.limit =
                        Some(limit.map_err(|_| Refusal::new("ERR The LIMIT argument must be >= 0."))?);
                    after
                }
                _ if is_xadd => break,
                _ => return Err(Refusal::SYNTAX),
            }
        }
        Ok((options, args.len() - rest.len()))
    }

    fn strategy<'s, 'a>(&mut self, name: &[u8], after: &'s [&'a [u8]]) -> Result<&'s [&'a [u8]], Refusal> {
        if self.trim.is_some() {
            return Err(Refusal::new(
                "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
            ));
        }
        let (approximate, threshold) = match after {
            [b"~", threshold, ..] => (true, threshold),
            [b"=", threshold, ..] | [threshold, ..] => (false, threshold),
            [] => return Err(Refusal::SYNTAX),
        };
        self.approximate = approximate;
        self.trim = Some(if is(name, "MAXLEN") {
            let len = u64::try_from(integer(threshold)?);
            Trim::max_len(len.map_err(|_| Refusal::new("ERR The MAXLEN argument must be >= 0."))?)
        } else {
            Trim::min_id(id(threshold)?)
        });
        let taken = if after.len() >= 2 && matches!(after[0], b"~" | b"=") { 2 } else { 1 };
        Ok(&after[taken..])
    }

    /// What to trim, if the options fit together.
    pub(super) fn check(&self) -> Result<Option<Trim>, Refusal> {
        if self.trim.is_none() && self.limit.is_some_and(|limit| limit > 0) {
            return Err(Refusal::new(
                "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ));
        }
        if self.limit.is_some() && !self.approximate {
            return Err(Refusal::new("ERR syntax error, LIMIT cannot be used without the special ~ option"));
        }
        Ok(self.trim.map(|trim| if self.approximate { trim.approximate(self.limit) } else { trim }))
    }
}

pub(super) fn xtrim(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (options, _) = TrimOptions::parse(args, 2, false)?;
    let no_strategy = Refusal::new("ERR syntax error, XTRIM must be called with a trimming strategy");
    if options.trim.is_none() && options.limit.is_none_or(|limit| limit == 0) {
        return Err(no_strategy);
    }
    let trim = options.check()?.ok_or(no_strategy)?;
    let removed = context.db.trim(args[1], trim)?;
    context.out.count(removed);
    Ok(())
}

pub(super) fn xdel(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if context.db.info(args[1])?.is_none() {
        context.out.integer(0);
        return Ok(());
    }
    let ids = args[2..].iter().map(|text| id(text)).collect::<Result<Vec<EntryId>, Refusal>>()?;
    let removed = context.db.delete_entries(args[1], &ids)?;
    context.out.count(removed);
    Ok(())
}
