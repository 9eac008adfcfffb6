//! stub
#![allow(missing_docs)]
#[derive(Debug, Clone, Copy)]
pub enum Visitor {
    Person,
    Machine,
}
impl Visitor {
    pub fn is_person(self) -> bool {
        matches!(self, Self::Person)
    }
}
pub struct Request<'a> {
    pub user_agent: Option<&'a str>,
    pub purpose: Option<&'a str>,
    pub sec_purpose: Option<&'a str>,
    pub x_purpose: Option<&'a str>,
    pub x_moz: Option<&'a str>,
}
pub fn classify(_: &Request) -> Visitor {
    Visitor::Person
}
