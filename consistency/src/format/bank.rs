//! Banks as Jepsen writes them down.

use alloc::{string::String, vec::Vec};

use super::{
    Entry, FormatError, Mistake, Transactions, Value,
    txn::{assemble_by, other},
};
use crate::txn::BankOp;

/// The transactions that the entries of a bank make: `transfer {:from A, :to B, :amount N}`, and `read` that returns a map of
/// accounts and balances. An account that is a number may be written as text, as the keys of JSON are.
///
/// # Errors
/// Names the line of the first entry that holds another kind of operation, or that does not fit those before it.
pub fn assemble_bank(entries: &[Entry]) -> Result<Transactions<BankOp<Value>>, FormatError> {
    assemble_by(entries, |entry| operation(entry).map(|operation| Vec::from([operation])))
}

fn operation(entry: &Entry) -> Result<BankOp<Value>, Mistake> {
    let wrong = |needs| Mistake::WrongValue { f: entry.f.clone(), needs };
    match (entry.f.as_str(), &entry.value) {
        ("read", Value::Nil) => Ok(BankOp::Read(Vec::new())),
        ("read", Value::Map(map)) => {
            let balance = |(name, balance): &(Value, Value)| {
                let is_missing = *balance == Value::Nil;
                Some((account(name), if is_missing { None } else { Some(balance.int()?) }))
            };
            let balances: Option<Vec<_>> = map.iter().map(balance).collect();
            balances.map(BankOp::Read).ok_or_else(|| wrong("a map of accounts and balances"))
        }
        ("read", _) => Err(wrong("a map of accounts and balances")),
        ("transfer", value) => {
            let part = |name| value.get(name).filter(|part| **part != Value::Nil);
            let amount = part("amount").and_then(Value::int);
            match (part("from"), part("to"), amount) {
                (Some(from), Some(to), Some(amount)) => {
                    Ok(BankOp::Transfer { from: account(from), to: account(to), amount })
                }
                _ => Err(wrong("a map of :from, :to and :amount")),
            }
        }
        (f, _) => other(f),
    }
}

fn account(name: &Value) -> Value {
    let number = if let Value::Text(text) = name { number(text) } else { None };
    number.map_or_else(|| name.clone(), Value::Int)
}

/// The number that a text is, if it is written as numbers are.
fn number(text: &String) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| alloc::string::ToString::to_string(number) == *text)
}
