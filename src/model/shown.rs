//! What is a text, or has a name, and is shown so.

/// `Display` by `as_str`.
macro_rules! shown_as_str {
    ($($name:ty),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

/// An enum whose variants have names, for JSON and for texts.
macro_rules! named {
    ($(#[$meta:meta])+ $name:ident { $($(#[$doc:meta])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every one, for tables and tests.
            #[doc(hidden)]
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The name, in JSON and in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The name as people read it: `timed out`.
            #[allow(dead_code, reason = "not every one of these is told to people")]
            pub(crate) fn in_words(self) -> String {
                self.as_str().replace('_', " ")
            }
        }
    };
}

pub(crate) use {named, shown_as_str};
