//! Fuzzes what is put into queries: nothing that is quoted, listed or wrapped in parentheses gets out of them, as the
//! stand-in's parser sees it and as a small one here does.
#![cfg_attr(fuzzing, no_main)]

#[cfg(not(fuzzing))]
fn main() {}

#[cfg(fuzzing)]
mod target {
    use orgready::model::org::{ClientId, OrgName};
    use orgready::protocol::soql::{
        Condition, Fields, TARGET_MAX, count_target, query_targets, quote, selection_target,
    };
    use orgready::simulator::soql as stand_in;
    use percent_encoding::percent_decode_str;

    libfuzzer_sys::fuzz_target!(|content: &[u8]| {
        let text = String::from_utf8_lossy(content);
        assert_eq!(parsed(&quote(&text)), [Token::Literal(text.to_string())]);
        read_back(&text.chars().take(1_000).collect::<String>());
        listed(&text);
        wrapped(&text);
        let _ = Fields::all().after_refusal(&text);
    });

    /// What the stand-in reads.
    fn read(statement: &str) -> Result<stand_in::Query, stand_in::SoqlError> {
        let today = jiff::civil::Date::ZERO;
        let select = &|_: &stand_in::Query| Vec::new();
        stand_in::parse(statement, &stand_in::Scope { objects: &stand_in::DEV_HUB, hidden: &[], today, select })
    }

    /// The stand-in's parser finds in a literal what was quoted.
    fn read_back(text: &str) {
        let query = read(&format!("SELECT Id FROM ScratchOrgInfo WHERE OrgName = {}", quote(text)));
        let Some(stand_in::Condition::In { values, .. }) = query.expect("a query").condition else { panic!("{text}") };
        assert_eq!(values, [Some(text.to_lowercase())].into());
    }

    /// Every name of a list comes back from its query, and nothing else does.
    fn listed(text: &str) {
        let names: Vec<OrgName> = text.lines().filter_map(|line| OrgName::new(line).ok()).collect();
        let chunks = query_targets("60.0", &Fields::all(), &names.iter().collect::<Vec<_>>());
        assert_eq!(chunks.iter().map(|chunk| chunk.names.len()).sum::<usize>(), names.len());
        for chunk in chunks {
            assert!(chunk.target.len() <= TARGET_MAX);
            let soql = soql(&chunk.target);
            assert!(read(&soql).is_ok(), "{soql}");
            let mut asked = literals(&parsed(&soql));
            let mut given: Vec<_> = names[chunk.names].iter().map(ToString::to_string).collect();
            asked.sort();
            given.sort();
            assert_eq!(asked, given);
        }
    }

    /// A condition ends where its parentheses end, so that what is added after it always holds.
    fn wrapped(text: &str) {
        let Ok(condition) = Condition::new(text) else { return };
        let count = soql(&count_target("60.0", Some(&condition)));
        if let Ok(query) = read(&count) {
            let Some(stand_in::Condition::And(all)) = query.condition else { panic!("{count}") };
            assert!(matches!(all.last(), Some(stand_in::Condition::In { field, .. }) if field.name == "Status"));
            assert!(query.order.is_empty() && query.limit == usize::MAX && query.offset == 0, "{count}");
        }
        let count = parsed(&count);
        let client_id = ClientId::new("3MVG9").expect("a client id");
        let selection = parsed(&soql(&selection_target("60.0", &Fields::all(), &client_id, Some(&condition))));
        for tokens in [count, selection] {
            let begin = 1 + tokens.iter().position(|token| token.is("WHERE")).expect("a WHERE");
            let mut depth = 0;
            let end = tokens[begin..].iter().position(|token| {
                depth += i32::from(token.is("(")) - i32::from(token.is(")"));
                depth == 0
            });
            let rest = &tokens[begin + end.expect("an end") + 1..];
            assert!(rest[0].is("AND") && rest[1].is("Status") && rest[2].is("IN"), "{rest:?}");
            assert_eq!(literals(rest)[..3], ["New", "Creating", "Active"]);
        }
    }

    fn soql(target: &str) -> String {
        let query = target.strip_prefix("/services/data/v60.0/query?q=").expect("a query");
        assert!(query.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{query}");
        percent_decode_str(query).decode_utf8().expect("UTF-8").into_owned()
    }

    #[derive(Debug, PartialEq)]
    enum Token {
        Literal(String),
        Other(String),
    }

    impl Token {
        fn is(&self, text: &str) -> bool {
            matches!(self, Self::Other(other) if other == text)
        }
    }

    fn literals(tokens: &[Token]) -> Vec<String> {
        let literal = |token: &Token| match token {
            Token::Literal(text) => Some(text.clone()),
            Token::Other(_) => None,
        };
        tokens.iter().filter_map(literal).collect()
    }

    /// What a SOQL parser sees, written without a look at how queries are made.
    fn parsed(soql: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut rest = soql.chars().peekable();
        while let Some(c) = rest.next() {
            if c == '\'' {
                let mut text = String::new();
                loop {
                    match rest.next().expect("a literal has an end") {
                        '\'' => break,
                        '\\' => text.push(match rest.next().expect("an escape is whole") {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            'b' => '\u{8}',
                            'f' => '\u{c}',
                            'u' => {
                                let digits: String = rest.by_ref().take(4).collect();
                                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
                            }
                            c => c,
                        }),
                        c => text.push(c),
                    }
                }
                tokens.push(Token::Literal(text));
            } else if c.is_alphanumeric() || c == '_' {
                let mut word = c.to_string();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                tokens.push(Token::Other(word));
            } else if !c.is_whitespace() {
                tokens.push(Token::Other(c.to_string()));
            }
        }
        tokens
    }
}
