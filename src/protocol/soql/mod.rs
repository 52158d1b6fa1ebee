//! SOQL for `ScratchOrgInfo`: quoting, the query, chunks of it that fit into a request line.
//!
//! A query travels as a request target, so what is made here is that: `/services/data/v60.0/query?q=…`, percent-encoded.

mod condition;
mod fields;
mod target;
mod text;

pub use condition::{Condition, ConditionError};
pub use fields::Fields;
pub use target::{
    Chunk, TARGET_MAX, active_targets, count_target, query_targets, selection_target, target, tooling_target,
};
pub use text::quote;

#[cfg(test)]
mod tests {
    use super::quote;
    use proptest::prelude::*;

    /// What a SOQL parser makes of a literal, written without a look at `quote`; `None` where it would refuse it.
    pub(super) fn unquote(literal: &str) -> Option<String> {
        let mut rest = literal.strip_prefix('\'')?.chars();
        let mut text = String::new();
        loop {
            match rest.next()? {
                '\'' => return rest.next().is_none().then_some(text),
                '\\' => text.push(match rest.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let digits: String = rest.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    c @ ('"' | '\'' | '\\') => c,
                    _ => return None,
                }),
                c if c.is_control() => return None,
                c => text.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_parsed_back(text in any::<String>()) {
            prop_assert_eq!(unquote(&quote(&text)), Some(text));
        }

        #[test]
        fn nothing_breaks_out_of_a_literal(text in "['\\\\\"un0 \n\r\t\u{8}\u{c}\u{0}\u{7f}\u{85}\u{2028}]{0,20}") {
            prop_assert_eq!(unquote(&quote(&text)), Some(text));
        }
    }

    #[cfg(feature = "simulator")]
    proptest! {
        #[test]
        fn the_stand_in_reads_what_is_quoted(text in "([a-z'\\\\\"%_\n\r\t\u{8}\u{c}\u{0}\u{85}]|\\PC){0,20}") {
            use crate::simulator::soql::{Condition, DEV_HUB, Scope, parse};
            let today = jiff::civil::Date::ZERO;
            let scope = Scope { objects: &DEV_HUB, hidden: &[], today, select: &|_| Vec::new() };
            let query = parse(&format!("SELECT Id FROM ScratchOrgInfo WHERE OrgName = {}", quote(&text)), &scope).unwrap();
            let Some(Condition::In { values, .. }) = query.condition else { panic!() };
            prop_assert_eq!(values, [Some(text.to_lowercase())].into());
        }
    }

    #[test]
    fn each_special_character_has_its_escape() {
        assert_eq!(
            quote("\n\r\t\u{8}\u{c}\u{0}\u{7f}\u{9f}'\\\"é"),
            "'\\n\\r\\t\\b\\f\\u0000\\u007F\\u009F\\'\\\\\"é'"
        );
    }
}
