//! Routes that papers name, with their methods and what is asked for.

use serde_json::Value;

use super::{Part, papers, parts, source, words};

const METHODS: [&str; 6] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"];

/// A route: a path, its methods, and what may be asked for, where that is described.
struct Route {
    path: String,
    method: &'static str,
    queries: Vec<String>,
}

fn routes() -> Vec<Route> {
    let mut routes = of_the_api();
    let (code, mut scope) = (source("src/web/mod.rs"), "");
    // `web::scope("/pay")` holds what begins with its token; all else stands by itself.
    for piece in code.split("web::scope(\"").skip(1) {
        let mut quoted = piece.split("at(\"");
        let own = quoted.next().and_then(|own| own.split('"').next());
        scope = own.unwrap_or(scope);
        for path in quoted.filter_map(|rest| rest.split('"').next()) {
            let within = if path.starts_with("/{") { scope } else { "" };
            let path = format!("{within}{}", path.replace("{slashes:/*}", ""));
            routes.extend(METHODS.map(|method| Route {
                path: path.clone(),
                method,
                queries: Vec::new(),
            }));
        }
    }
    routes
}

fn of_the_api() -> Vec<Route> {
    let document: Value = serde_json::from_str(&source("src/web/api/openapi.json")).expect("JSON");
    let named = |parameter: &Value| {
        let place = parameter["$ref"]
            .as_str()
            .map(|place| place.trim_start_matches('#'));
        let parameter = place
            .and_then(|place| document.pointer(place))
            .unwrap_or(parameter);
        parameter["name"].as_str().map(str::to_owned)
    };
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in METHODS {
            let operation = &operations[method.to_lowercase()];
            if operation.is_null() {
                continue;
            }
            let asked = operation["parameters"].as_array().into_iter().flatten();
            let queries: Vec<String> = asked.filter_map(named).collect();
            for prefix in ["", "/api/v1"] {
                routes.push(Route {
                    path: format!("{prefix}{path}"),
                    method,
                    queries: queries.clone(),
                });
            }
        }
    }
    routes
}

/// Whether a path that a paper names is this route's: `{id}` stands for whatever a paper puts there.
fn fits(route: &str, named: &str) -> bool {
    let (route, named) = (route.split('/'), named.split('/'));
    route.clone().count() == named.clone().count()
        && route
            .zip(named)
            .all(|(part, name)| part == name || part.starts_with('{'))
}

/// What is wrong with `POST /orders/{id}/cancel?x=1`, if it is a route at all.
fn wrong(routes: &[Route], word: &str) -> Option<String> {
    let (method, place) = match word.split_once(' ') {
        Some((method, place)) if METHODS.contains(&method) => (Some(method), place),
        Some(_) => return None,
        None => (None, word),
    };
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let path = path.trim_end_matches('…').trim_end_matches('/');
    // Stripe's own.
    if !path.starts_with('/') || path.starts_with("/v1/") || path.contains(' ') {
        return None;
    }
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let is_known = routes.iter().any(|route| first(&route.path) == first(path));
    // A folder, or another system's page.
    if method.is_none() && !is_known {
        return None;
    }
    let is_prefix = method.is_none() && routes.iter().any(|route| route.path.starts_with(path));
    let mut fitting = routes.iter().filter(|route| {
        method.is_none_or(|method| method == route.method) && fits(&route.path, path)
    });
    let Some(route) = fitting.next() else {
        return (!is_prefix).then(|| format!("{word}: there is no such route"));
    };
    let asked = query.split('&').filter(|pair| !pair.is_empty());
    let asked = asked.map(|pair| pair.split('=').next().unwrap_or_default());
    let unknown = asked.filter(|name| !route.queries.iter().any(|query| query == name));
    let unknown: Vec<&str> = unknown.collect();
    (!unknown.is_empty()).then(|| format!("{word}: nobody can ask for {unknown:?}"))
}

/// What a block of code asks the API for: `curl -sX POST … "$API/orders/ID/send"`.
fn asked_of_the_api() -> Vec<(String, String)> {
    let mut asked = Vec::new();
    for paper in papers() {
        for part in parts(&paper.text) {
            let Part::Code(code) = part else { continue };
            for line in code.replace("\\\n", " ").lines() {
                let Some((_, path)) = line.split_once("$API/") else {
                    continue;
                };
                let path = path.split(['"', ' ']).next().unwrap_or_default();
                let method = line.split_once("X ").map(|(_, rest)| rest);
                let method = method
                    .and_then(|rest| rest.split(' ').next())
                    .unwrap_or("GET");
                asked.push((paper.path.clone(), format!("{method} /api/v1/{path}")));
            }
        }
    }
    assert!(asked.len() > 8, "{asked:?}");
    asked
}

#[test]
fn every_route_that_a_paper_names_exists() {
    let routes = routes();
    assert!(routes.len() > 60);
    let named = words().into_iter().chain(asked_of_the_api());
    let said = named
        .filter_map(|(paper, word)| wrong(&routes, &word).map(|why| format!("{paper}: {why}")));
    // What the service itself tells people to ask.
    let code = source("src/alert/words.rs");
    let asked = code.split("GET /api").skip(1).map(|rest| {
        let end = rest.find([' ', '"', ';', ',']).unwrap_or(rest.len());
        format!("GET /api{}", rest[..end].trim_end_matches('.'))
    });
    let asked = asked.filter_map(|word| wrong(&routes, &word));
    let wrong: Vec<String> = said.chain(asked).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_route_of_ours_is_found() {
    let routes = routes();
    for word in [
        "GET /api/v1/order",
        "DELETE /api/v1/orders/{id}",
        "GET /api/v1/orders?strandet=true",
        "/pay/{token}/back",
        "/api/v2/orders",
    ] {
        assert!(wrong(&routes, word).is_some(), "{word}");
    }
    for word in [
        "GET /pay/{token}/return",
        "POST /orders/{id}/cancel",
        "GET /api/v1/outbox?state=unknown",
        "/readyz",
        "/usr/local/bin",
        "POST /v1/checkout/sessions",
        "/pay/…",
    ] {
        assert_eq!(wrong(&routes, word), None, "{word}");
    }
}
