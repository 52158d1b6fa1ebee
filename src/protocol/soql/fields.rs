//! Which fields of `ScratchOrgInfo` are asked for: all that help, less what the hub's user may not see.

/// The two that the official procedure asks for; without them there is nothing to log in to.
const OFFICIAL: [&str; 2] = ["SignupUsername", "LoginUrl"];

/// All that the verdict can use. Never `AuthCode`: it is a secret.
const ALL: [&str; 9] = [
    OFFICIAL[0],
    OFFICIAL[1],
    "Status",
    "ScratchOrg",
    "SignupInstance",
    "ExpirationDate",
    "ErrorCode",
    "ConnectedAppConsumerKey",
    "CreatedDate",
];

/// A set of fields; the official two are always in it.
///
/// ```
/// use orgready::protocol::soql::Fields;
/// let refusal = "ERROR at Row:1:Column:30\nNo such column 'ErrorCode' on entity 'ScratchOrgInfo'. If you are …";
/// let fields = Fields::all().after_refusal(refusal).expect("there is less to ask for");
/// assert_eq!(fields.left_out(), ["ErrorCode"]);
/// assert_eq!(fields.after_refusal("something else"), Some(Fields::official()));
/// assert_eq!(Fields::official().after_refusal("something else"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(Vec<&'static str>);

impl Fields {
    /// Everything that helps to tell what will be ready from what never can.
    pub fn all() -> Self {
        Self(ALL.to_vec())
    }

    /// These, and the record's id: by that sf's list of creations names an org.
    #[must_use]
    pub fn with_id(mut self) -> Self {
        self.0.push("Id");
        self
    }

    /// These, and the namespace: `sf` writes it down of an org that it created.
    #[must_use]
    pub fn with_namespace(mut self) -> Self {
        self.0.push("Namespace");
        self
    }

    /// The two of the official procedure.
    pub fn official() -> Self {
        Self(OFFICIAL.to_vec())
    }

    /// These without the one of that name (in any case); none if it is not among them, or is one of the official two.
    fn without(&self, name: &str) -> Option<Self> {
        let gone = |field: &&str| field.eq_ignore_ascii_case(name) && !OFFICIAL.contains(field);
        let rest: Vec<_> = self.0.iter().copied().filter(|field| !gone(field)).collect();
        (rest.len() < self.0.len()).then_some(Self(rest))
    }

    /// What to ask for after the hub answered `INVALID_FIELD` with this message: without the column that it names,
    /// else only the official two. None when nothing less can be asked for.
    pub fn after_refusal(&self, message: &str) -> Option<Self> {
        let fewer = refused_column(message).and_then(|name| self.without(name));
        fewer.or_else(|| Some(Self::official())).filter(|fewer| fewer.0.len() < self.0.len())
    }

    /// Whether the message names a column that is not among these: then it stands in a condition that a user wrote.
    pub fn lack_refused_column(&self, message: &str) -> bool {
        refused_column(message).is_some_and(|name| !self.0.iter().any(|field| field.eq_ignore_ascii_case(name)))
    }

    /// Those that help and are not asked for.
    pub fn left_out(&self) -> Vec<&'static str> {
        ALL.into_iter().filter(|field| !self.0.contains(field)).collect()
    }

    /// Their names, in the order in which they are asked for.
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

/// The column in `No such column 'X' on entity …`, which the API puts after the query and a line that marks the place.
fn refused_column(message: &str) -> Option<&str> {
    const BEFORE: &str = "No such column '";
    let (_, rest) = message.split_once(BEFORE)?;
    rest.split_once('\'').map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &str = "\nSELECT SignupUsername,LoginUrl,Status,ConnectedAppConsumerKey FROM ScratchOrgInfo\n              ^\n\
        ERROR at Row:1:Column:38\nNo such column 'ConnectedAppConsumerKey' on entity 'ScratchOrgInfo'. If you are attempting \
        to use a custom field, be sure to append the '__c' after the custom field name.";

    #[test]
    fn the_column_that_was_refused_is_left_out() {
        let fields = Fields::all().after_refusal(REFUSAL).unwrap();
        assert_eq!(fields.left_out(), ["ConnectedAppConsumerKey"]);
        assert_eq!(fields.names().len(), 8);
    }

    #[test]
    fn refusals_lead_down_to_the_official_two_and_end_there() {
        let mut fields = Fields::all();
        for column in ["status", "ScratchOrg", "NoSuchField"] {
            fields =
                fields.after_refusal(&REFUSAL.replace("'ConnectedAppConsumerKey'", &format!("'{column}'"))).unwrap();
        }
        assert_eq!(fields, Fields::official());
        assert_eq!(fields.after_refusal(REFUSAL), None);
        assert_eq!(fields.names(), ["SignupUsername", "LoginUrl"]);
    }

    #[test]
    fn the_official_two_cannot_be_left_out() {
        assert_eq!(Fields::all().without("LoginUrl"), None);
        let refusal = REFUSAL.replace("'ConnectedAppConsumerKey'", "'LoginUrl'");
        assert_eq!(Fields::all().after_refusal(&refusal), Some(Fields::official()));
    }

    #[test]
    fn the_secret_field_is_never_asked_for() {
        assert!(!Fields::all().names().contains(&"AuthCode"));
    }

    #[test]
    fn a_column_that_is_not_asked_for_stands_in_the_users_condition() {
        assert!(!Fields::all().lack_refused_column(REFUSAL));
        assert!(Fields::official().lack_refused_column(REFUSAL));
        assert!(!Fields::official().lack_refused_column("something else"));
    }
}
