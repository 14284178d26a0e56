pub mod validate {
    use serde::Serialize;
    use serde_json::Value;
    use std::borrow::Cow;
    #[derive(Debug, Clone, Serialize)]
    pub struct Fault {
        pointer: String,
    }
    impl Fault {
        pub fn new(p: &str, _c: &'static str, _d: &str) -> Self {
            Self { pointer: p.into() }
        }
    }
    #[derive(Debug, Default)]
    pub struct Faults(Vec<Fault>);
    impl Faults {
        pub fn new() -> Self {
            Self::default()
        }
        pub fn one(f: Fault) -> Self {
            Self(vec![f])
        }
        pub fn nest(&mut self, _: &str, f: Faults) {
            self.0.extend(f.0)
        }
        pub fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
        pub fn into_vec(self) -> Vec<Fault> {
            self.0
        }
        pub fn into_result(self) -> Result<(), Faults> {
            if self.0.is_empty() { Ok(()) } else { Err(self) }
        }
    }
    pub fn pointer(s: &str) -> String {
        format!("/{s}")
    }
    #[derive(Debug)]
    pub struct Schema(Value);
    impl Schema {
        pub fn of<T: schemars::JsonSchema + ?Sized>() -> Self {
            Self(schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value())
        }
        pub fn as_value(&self) -> &Value {
            &self.0
        }
        pub fn check(&self, _: &Value) -> Faults {
            Faults::new()
        }
        pub fn has_constraints(&self) -> bool {
            false
        }
        pub fn from_pairs<'a>(
            &self,
            p: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        ) -> Result<Value, Faults> {
            Ok(Value::Object(p.map(|(a, b)| (a.into_owned(), Value::String(b.into_owned()))).collect()))
        }
    }
}
