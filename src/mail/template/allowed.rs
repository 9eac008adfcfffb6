//! What a template may consist of: the little that a mail needs. Pure.
//!
//! The engine counts steps, not bytes, and a step can double a text or call itself. So whatever makes
//! texts out of texts that somebody keeps (macros, captured blocks, recursion, products) is refused by
//! name before the engine sees it. What is left can only copy the order's own values and short
//! constants.

use minijinja::{
    machinery::{
        Span, Token,
        ast::{BinOpKind, CallArg, Expr, ForLoop, List, Stmt, UnaryOpKind},
        parse, tokenize,
    },
    syntax::SyntaxConfig,
};

/// Words and signs in one tag. The parser calls itself for some of them, and a condition that somebody
/// can still read has twenty.
const LONGEST_TAG: usize = 100;
/// Brackets within brackets; for each the parser calls a dozen functions.
const DEEPEST_BRACKETS: usize = 12;
/// `if` and `for` within each other.
const DEEPEST_BLOCKS: usize = 10;
/// `elif` in those that are open: for the parser each is one `if` deeper.
const MOST_ELIFS: usize = 30;
/// Bytes of one constant: a sentence. What is longer is text of the mail, outside of a tag.
const LONGEST_CONSTANT: usize = 1_000;

/// What is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Where, from 1.
    pub line: u16,
    /// What, and what to write instead.
    pub why: String,
}

pub(super) type Checked = Result<(), Refused>;

/// Checks a template. What cannot be parsed passes: the engine says what is wrong with it.
pub(super) fn check(template: &str) -> Checked {
    // The tags first: they keep the parser from calling itself too deeply.
    check_tags(template)?;
    match parse(template, "<string>", SyntaxConfig::default()) {
        Ok(Stmt::Template(template)) => statements(&template.children),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(super) fn refuse(span: Span, why: impl Into<String>) -> Checked {
    Err(Refused {
        line: span.start_line,
        why: why.into(),
    })
}

fn check_tags(template: &str) -> Checked {
    let mut depth = Depth::default();
    let mut read = None;
    for token in tokenize(template, false, SyntaxConfig::default()) {
        // Behind what cannot be read as words and signs the parser does not come either.
        let Ok((token, span)) = token else {
            return super::odd_sign::refused(template, read);
        };
        depth.token(&token, span)?;
        read = Some(span);
    }
    Ok(())
}

/// Where in a template the check is.
#[derive(Debug, Default)]
struct Depth {
    /// Words and signs in this tag so far.
    tag: usize,
    brackets: usize,
    /// The next word says what the block does.
    begins: bool,
    /// The `if` and `for` that are open, each with its `elif`s.
    open: Vec<usize>,
}

impl Depth {
    fn token(&mut self, token: &Token, span: Span) -> Checked {
        self.tag += 1;
        let begins = std::mem::take(&mut self.begins);
        match token {
            Token::TemplateData(_) => {}
            Token::VariableStart | Token::BlockStart => {
                (self.tag, self.brackets) = (0, 0);
                self.begins = matches!(token, Token::BlockStart);
            }
            Token::Ident(word) if begins => self.block(word, span)?,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.brackets += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.brackets = self.brackets.saturating_sub(1);
            }
            Token::Str(text) if text.len() > LONGEST_CONSTANT => return too_long(span),
            Token::String(text) if text.len() > LONGEST_CONSTANT => return too_long(span),
            _ => {}
        }
        if self.tag > LONGEST_TAG {
            return refuse(
                span,
                format!("a tag with more than {LONGEST_TAG} words and signs; make several of it"),
            );
        }
        if self.brackets > DEEPEST_BRACKETS {
            return refuse(
                span,
                "too many brackets within each other; write it plainer",
            );
        }
        Ok(())
    }

    fn block(&mut self, word: &str, span: Span) -> Checked {
        match word {
            "if" | "for" => self.open.push(0),
            "elif" => {
                if let Some(elifs) = self.open.last_mut() {
                    *elifs += 1;
                }
            }
            "endif" | "endfor" => drop(self.open.pop()),
            "else" | "set" => {}
            word => return refuse(span, not_here(word)),
        }
        if self.open.len() > DEEPEST_BLOCKS || self.open.iter().sum::<usize>() > MOST_ELIFS {
            return refuse(
                span,
                format!(
                    "if and for more than {DEEPEST_BLOCKS} deep, or more than {MOST_ELIFS} elif; write it plainer"
                ),
            );
        }
        Ok(())
    }
}

fn too_long(span: Span) -> Checked {
    refuse(
        span,
        format!(
            "a quoted text of more than {LONGEST_CONSTANT} letters; write it outside of the tag"
        ),
    )
}

fn not_here(word: &str) -> String {
    let instead = match word {
        "macro" | "call" | "do" => "write the text where it stands",
        "filter" => "put the filter behind a name: {{ name|upper }}",
        "with" => "use {% set a = name %}",
        "include" | "import" | "from" | "extends" | "block" => {
            "a mail is one template: write the text into it"
        }
        _ => "there are if, elif, else, for and set",
    };
    format!("{{% {word} %}}, which mails do not have; {instead}")
}

fn statements(all: &[Stmt]) -> Checked {
    all.iter().try_for_each(statement)
}

fn statement(statement: &Stmt) -> Checked {
    match statement {
        Stmt::EmitRaw(_) => Ok(()),
        Stmt::EmitExpr(shown) => expression(&shown.expr, What::Shown),
        Stmt::IfCond(cond) => {
            expression(&cond.expr, What::Shown)?;
            statements(&cond.true_body)?;
            statements(&cond.false_body)
        }
        Stmt::ForLoop(looped) => for_loop(looped, looped.span()),
        Stmt::Set(set) => {
            plain_name(&set.target)?;
            expression(&set.expr, What::Kept)
        }
        Stmt::SetBlock(block) => refuse(
            block.span(),
            "a {% set %} around a text; write the text where it stands",
        ),
        // The tags have been looked at: what comes here is none of a mail's.
        _ => Err(Refused {
            line: 1,
            why: not_here("…"),
        }),
    }
}

fn for_loop(looped: &ForLoop, span: Span) -> Checked {
    if looped.recursive {
        return refuse(span, "a recursive for; write one for within the other");
    }
    plain_name(&looped.target)?;
    match &looped.iter {
        Expr::Call(call) if matches!(&call.expr, Expr::Var(name) if name.id == "range") => {
            arguments(&call.args, call.span(), What::Kept)?;
        }
        iter => expression(iter, What::Kept)?,
    }
    if let Some(filter) = &looped.filter_expr {
        expression(filter, What::Shown)?;
    }
    statements(&looped.body)?;
    statements(&looped.else_body)
}

fn plain_name(target: &Expr) -> Checked {
    match target {
        Expr::Var(_) => Ok(()),
        other => refuse(other.span(), "more than one name to set; use one name"),
    }
}

/// What becomes of an expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// It is shown or asked about, and forgotten.
    Shown,
    /// A name keeps it: it must not be longer than what it is made from, or the next one doubles it.
    Kept,
}

fn expression(expr: &Expr, what: What) -> Checked {
    let again = |expr: &Expr| expression(expr, what);
    match expr {
        Expr::Var(_) | Expr::Const(_) => Ok(()),
        Expr::GetAttr(attr) => again(&attr.expr),
        Expr::GetItem(item) => {
            again(&item.expr)?;
            again(&item.subscript_expr)
        }
        Expr::UnaryOp(unary) => again(&unary.expr),
        Expr::BinOp(binary) => {
            operator(
                binary.op,
                [&binary.left, &binary.right],
                binary.span(),
                what,
            )?;
            again(&binary.left)?;
            again(&binary.right)
        }
        Expr::Compare(compare) => {
            again(&compare.expr)?;
            compare.ops.iter().try_for_each(|op| again(&op.expr))
        }
        Expr::IfExpr(cond) => {
            again(&cond.test_expr)?;
            again(&cond.true_expr)?;
            cond.false_expr.iter().try_for_each(again)
        }
        Expr::Filter(filter) => {
            filter.expr.iter().try_for_each(again)?;
            arguments(&filter.args, filter.span(), what)
        }
        Expr::Test(test) => {
            again(&test.expr)?;
            arguments(&test.args, test.span(), what)
        }
        Expr::List(list) => constants(list, list.span()),
        Expr::Call(call) => refuse(
            call.span(),
            "a call; the one function is range, in {% for i in range(3) %}",
        ),
        Expr::Slice(slice) => refuse(slice.span(), "a part of a text or list; show all of it"),
        Expr::Tuple(tuple) => refuse(
            tuple.span(),
            "several values at once; write them one by one",
        ),
        Expr::Map(map) => refuse(map.span(), "a map; use {% if %} and {% elif %}"),
    }
}

fn operator(op: BinOpKind, sides: [&Expr; 2], span: Span, what: What) -> Checked {
    match op {
        BinOpKind::Mul | BinOpKind::Pow => refuse(
            span,
            "a product; a mail's amounts are there ready: {{ amount }}",
        ),
        // Of texts and lists it makes longer ones; with a number beside it, it cannot.
        BinOpKind::Add if !sides.into_iter().any(is_number) => refuse(
            span,
            "a + without a number beside it; put texts together with ~ where they are shown",
        ),
        BinOpKind::Concat if what == What::Kept => refuse(
            span,
            "a ~ in what set or for keeps; put texts together where they are shown: {{ a ~ b }}",
        ),
        BinOpKind::Add
        | BinOpKind::Concat
        | BinOpKind::Eq
        | BinOpKind::Ne
        | BinOpKind::Lt
        | BinOpKind::Lte
        | BinOpKind::Gt
        | BinOpKind::Gte
        | BinOpKind::ScAnd
        | BinOpKind::ScOr
        | BinOpKind::Sub
        | BinOpKind::Div
        | BinOpKind::FloorDiv
        | BinOpKind::Rem
        | BinOpKind::In => Ok(()),
    }
}

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Const(constant) => constant.value.is_number(),
        Expr::UnaryOp(unary) => matches!(unary.op, UnaryOpKind::Neg) && is_number(&unary.expr),
        _ => false,
    }
}

fn arguments(args: &[CallArg], span: Span, what: What) -> Checked {
    args.iter().try_for_each(|arg| match arg {
        CallArg::Pos(expr) | CallArg::Kwarg(_, expr) => expression(expr, what),
        CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
            refuse(span, "arguments with *; write them one by one")
        }
    })
}

/// A list of names in a list of lists doubles with each loop around it.
fn constants(list: &List, span: Span) -> Checked {
    let plain = list
        .items
        .iter()
        .all(|item| matches!(item, Expr::Const(_)) || is_number(item));
    if plain {
        Ok(())
    } else {
        refuse(
            span,
            "a list of something else than texts and numbers; write each where it is shown",
        )
    }
}
