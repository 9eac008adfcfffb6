//! Fields of the part of a report that is made for machines (RFC 3464, 2.1): groups of `Name: value`, with
//! an empty line between them.

/// Groups that are read: one about the message, one for each recipient.
const MOST_GROUPS: usize = super::MOST_RECIPIENTS + 1;

/// The fields of one group.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The groups of a part, in its order. A line that is no field is left out.
    pub fn groups(part: &[u8]) -> Vec<Self> {
        let text = String::from_utf8_lossy(part).replace("\r\n", "\n");
        let groups = text.split("\n\n").map(Self::group);
        let groups = groups.filter(|group| !group.0.is_empty());
        groups.take(MOST_GROUPS).collect()
    }

    fn group(text: &str) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
        }
        Self(fields)
    }

    /// The first value under this name, in small letters.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What stands behind the type of `rfc822; parent@example.org` or `smtp; 550 no`.
    pub fn typed(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        let value = value.split_once(';').map_or(value, |(_, value)| value);
        Some(value.trim())
    }

    /// An address in such a field.
    pub fn address(&self, name: &str) -> Option<String> {
        let address = self.typed(name)?.trim_matches(['<', '>', ' ', '"']);
        address.contains('@').then(|| address.to_owned())
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_str())
    }
}
