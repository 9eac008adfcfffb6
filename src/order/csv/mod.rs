//! x
/// x
pub struct BadLine {
    /// x
    pub line: u64,
    /// x
    pub reference: Option<String>,
    /// x
    pub reason: String,
}
/// x
pub struct Import {
    /// x
    pub orders: Vec<(u64, super::draft::NewOrder)>,
    /// x
    pub bad: Vec<BadLine>,
}
/// x
pub fn parse(_: &[u8]) -> Result<Import, String> {
    Err(String::new())
}
