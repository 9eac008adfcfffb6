//! JSON as callers mean it. Serde takes an array for an object whose fields come in their order, and the last of two
//! values of one key; nobody means either. Pure.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Number};

/// What a body says.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // First as it comes, since serde then says in which line and column something is wrong.
    let said = serde_json::from_slice(body)?;
    T::deserialize(serde_json::from_slice::<Json>(body)?)?;
    Ok(said)
}

/// Any JSON, with no key of an object twice.
enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Json, E> {
        Ok(Json::Bool(is))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Json::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let (mut all, mut known) = (Vec::new(), HashSet::new());
        while let Some((key, value)) = fields.next_entry::<String, Json>()? {
            if !known.insert(key.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            all.push((key, value));
        }
        Ok(Json::Object(all))
    }
}

impl<'de> Deserializer<'de> for Json {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(is) => visitor.visit_bool(is),
            Self::Number(number) => number.deserialize_any(visitor),
            Self::Text(text) => visitor.visit_string(text),
            Self::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Array(_) => Err(Error::custom(format!(
                "an array stands where an object is expected, with {}",
                fields.join(", ")
            ))),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Object(fields) => {
                let fields = MapDeserializer::new(fields.into_iter());
                MapAccessDeserializer::new(fields).deserialize_enum(name, variants, visitor)
            }
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Many(Vec<Part>),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Part {
        name: Option<String>,
        count: f64,
        of: Option<BTreeMap<String, serde_json::Value>>,
        kind: Option<Kind>,
    }

    fn part(body: &str) -> Result<Part, String> {
        read(body.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_meant_is_read() {
        let body = r#"{"name":null,"count":-1,"of":{"a":[{"b":1.5}]},"kind":{"many":[{"count":2,"kind":"plain"}]}}"#;
        let read = part(body).unwrap();
        assert_eq!((read.name, read.count), (None, -1.0));
        assert_eq!(read.of.unwrap()["a"], serde_json::json!([{ "b": 1.5 }]));
        let Some(Kind::Many(parts)) = read.kind else {
            panic!("many");
        };
        assert_eq!(parts[0].kind, Some(Kind::Plain));
    }

    #[test]
    fn an_array_is_no_object_and_no_key_stands_there_twice() {
        for body in [
            r#"[null, 1, null, null]"#,
            r#"{"count":1,"kind":{"many":[["x", 1, null, null]]}}"#,
        ] {
            let wrong = part(body).unwrap_err();
            assert_eq!(
                wrong,
                "an array stands where an object is expected, with name, count, of, kind"
            );
        }
        for body in [
            r#"{"count":1,"of":{"a":1,"a":1}}"#,
            r#"{"count":1,"of":{"b":[{"a":1,"a":2}]}}"#,
            r#"{"count":1,"unknown":{"a":1,"a":2}}"#,
        ] {
            let wrong = part(body).unwrap_err();
            assert!(wrong.contains("duplicate field `a` at line 1"), "{wrong}");
        }
    }
}
