//! A path, and the methods that it takes: `GET` answers `HEAD`, `OPTIONS` tells them all, and any other is
//! `405` with `Allow` (RFC 9110, 9.3 and 15.5.6).

use std::future::ready;

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route,
    guard::{Any, Delete, Get, Head, Patch, Post, Put},
    http::{Method, header},
    web::{resource, route},
};

/// A path under construction.
pub struct Path {
    resource: Resource,
    allow: Vec<&'static str>,
    refuse: fn(&str) -> HttpResponse,
}

/// A path that takes no method yet.
pub fn at(path: &str) -> Path {
    Path {
        resource: resource(path),
        allow: Vec::new(),
        refuse: |_| HttpResponse::MethodNotAllowed().finish(),
    }
}

macro_rules! methods {
    ($($name:ident: $guard:expr, $allow:expr, $doc:literal;)*) => {$(
        #[doc = $doc]
        pub fn $name<F, Args>(self, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.add($allow, route().guard($guard).to(handler))
        }
    )*};
}

impl Path {
    methods! {
        get: Any(Get()).or(Head()), &["GET", "HEAD"], "`GET`, and `HEAD` where nobody else answers it.";
        head: Head(), &[], "`HEAD`, where it does less than `GET`. It comes first.";
        post: Post(), &["POST"], "`POST`.";
        put: Put(), &["PUT"], "`PUT`.";
        patch: Patch(), &["PATCH"], "`PATCH`.";
        delete: Delete(), &["DELETE"], "`DELETE`.";
    }

    /// Any other method is refused so; `Allow` is added.
    pub fn refused_by(self, refuse: fn(&str) -> HttpResponse) -> Self {
        Self { refuse, ..self }
    }

    /// As a service, with whatever data it has of its own.
    pub fn with(self, data: impl FnOnce(Resource) -> Resource) -> Resource {
        let Self {
            resource,
            allow,
            refuse,
        } = self;
        let allow = [allow.join(", "), "OPTIONS".to_owned()].join(", ");
        let other = move |request: HttpRequest| {
            let mut response = match *request.method() {
                Method::OPTIONS => HttpResponse::NoContent().finish(),
                _ => refuse(&allow),
            };
            if let Ok(allow) = header::HeaderValue::from_str(&allow) {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            ready(response)
        };
        data(resource).default_service(route().to(other))
    }

    /// As a service.
    pub fn done(self) -> Resource {
        self.with(|resource| resource)
    }

    fn add(mut self, allow: &[&'static str], route: Route) -> Self {
        self.allow.extend(allow);
        Self {
            resource: self.resource.route(route),
            ..self
        }
    }
}
