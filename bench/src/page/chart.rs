//! Horizontal bars in groups, two for each name, with the spread as a line, as an SVG file.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::spread::{Spread, figure};

pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) axis: &'static str,
    pub(super) series: [&'static str; 2],
    pub(super) groups: Vec<Group>,
}

pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Bar {
    pub(super) name: String,
    pub(super) tone: Tone,
    pub(super) values: [Option<Spread>; 2],
}

#[derive(Clone, Copy)]
pub(super) enum Tone {
    Ours,
    Other,
    /// What the machine can do at all.
    Limit,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl Chart {
    pub(super) fn draw(&self, path: &Path) -> Result<()> {
        let size = (WIDTH as u32, self.height() as u32);
        let area = SVGBackend::new(path, size).into_drawing_area();
        // plotters' errors borrow from the backend.
        self.draw_on(&area)
            .map_err(|error| anyhow!("{}: {error}", path.display()))?;
        area.present()
            .map_err(|error| anyhow!("{}: {error}", path.display()))
    }

    fn height(&self) -> i32 {
        let bars: usize = self.groups.iter().map(|group| group.bars.len()).sum();
        TOP + self.groups.len() as i32 * GROUP + bars as i32 * ROW + BOTTOM
    }

    fn draw_on(&self, area: &Area<'_>) -> Drawn {
        area.fill(&WHITE)?;
        write(area, self.title, (MARGIN, 24), 17, INK, HPos::Left)?;
        self.draw_legend(area)?;
        let scale = Scale::up_to(self.largest());
        self.draw_axis(area, &scale)?;
        let mut y = TOP;
        for group in &self.groups {
            let middle = y + GROUP / 2 + 2;
            write(area, group.title, (MARGIN, middle), 13, INK, HPos::Left)?;
            y += GROUP;
            for bar in &group.bars {
                bar.draw(area, &scale, y)?;
                y += ROW;
            }
        }
        Ok(())
    }

    fn draw_legend(&self, area: &Area<'_>) -> Drawn {
        let mut x = MARGIN;
        for (index, name) in self.series.into_iter().enumerate() {
            for tone in [Tone::Ours, Tone::Other, Tone::Limit] {
                rectangle(area, (x, 42), (x + 12, 52), tone.colour(index))?;
                x += 14;
            }
            write(area, name, (x + 4, 47), 12, SOFT, HPos::Left)?;
            x += 30 + name.len() as i32 * 7;
        }
        let colours = "orange: Sinew, slate: others, pale: the machine's limits";
        write(area, colours, (WIDTH - MARGIN, 47), 12, SOFT, HPos::Right)
    }

    fn draw_axis(&self, area: &Area<'_>, scale: &Scale) -> Drawn {
        let bottom = self.height() - BOTTOM;
        for tick in scale.ticks() {
            let x = scale.x(tick);
            area.draw(&PathElement::new(
                vec![(x, TOP), (x, bottom + 4)],
                GRID.stroke_width(1),
            ))?;
            let label = tick_label(tick);
            write(area, &label, (x, bottom + 14), 11, SOFT, HPos::Center)?;
        }
        let middle = (LEFT + RIGHT) / 2;
        write(
            area,
            self.axis,
            (middle, bottom + 34),
            12,
            SOFT,
            HPos::Center,
        )
    }

    fn largest(&self) -> f64 {
        let bars = self.groups.iter().flat_map(|group| &group.bars);
        let values = bars.flat_map(|bar| bar.values).flatten();
        values.map(|value| value.max).fold(0.0, f64::max)
    }
}

impl Bar {
    fn draw(&self, area: &Area<'_>, scale: &Scale, y: i32) -> Drawn {
        let colour = match self.tone {
            Tone::Ours => OURS_INK,
            Tone::Other | Tone::Limit => INK,
        };
        let label = (LEFT - 8, y + THICK);
        write(area, &self.name, label, 12, colour, HPos::Right)?;
        for (index, value) in self.values.into_iter().enumerate() {
            let Some(value) = value else {
                continue;
            };
            let top = y + index as i32 * THICK;
            let right = scale.x(value.median);
            let colour = self.tone.colour(index);
            rectangle(area, (LEFT, top), (right, top + THICK - 1), colour)?;
            let middle = top + THICK / 2;
            let (from, to) = (scale.x(value.min), scale.x(value.max));
            area.draw(&PathElement::new(
                vec![(from, middle), (to, middle)],
                INK.stroke_width(1),
            ))?;
            let text = figure(value.median);
            let place = (to.max(right) + 5, middle);
            write(area, &text, place, 10, SOFT, HPos::Left)?;
        }
        Ok(())
    }
}

impl Tone {
    fn colour(self, index: usize) -> RGBColor {
        match (self, index) {
            (Self::Ours, 0) => RGBColor(0xdd, 0x6b, 0x20),
            (Self::Ours, _) => RGBColor(0xf6, 0xb2, 0x7a),
            (Self::Other, 0) => RGBColor(0x54, 0x65, 0x7d),
            (Self::Other, _) => RGBColor(0x9f, 0xad, 0xbf),
            (Self::Limit, 0) => RGBColor(0xcf, 0xd6, 0xc4),
            (Self::Limit, _) => RGBColor(0xe3, 0xe8, 0xdc),
        }
    }
}

/// A linear axis from zero.
struct Scale {
    step: f64,
    last: f64,
}

impl Scale {
    /// Makes one with round steps, six of them at most.
    fn up_to(largest: f64) -> Self {
        let rough = (largest / 6.0).max(f64::MIN_POSITIVE);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let last = (largest / step).ceil().max(1.0) * step;
        Self { step, last }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = (self.last / self.step).round() as u32;
        (0..=count).map(|index| f64::from(index) * self.step)
    }

    fn x(&self, value: f64) -> i32 {
        LEFT + (value / self.last * f64::from(RIGHT - LEFT)).round() as i32
    }
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn rectangle(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Drawn {
    area.draw(&Rectangle::new([from, to], colour.filled()))
}

fn write(
    area: &Area<'_>,
    text: &str,
    place: (i32, i32),
    size: i32,
    colour: RGBColor,
    side: HPos,
) -> Drawn {
    let style = ("sans-serif", size)
        .into_font()
        .color(&colour)
        .pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), place, style))
}

/// As few digits as tell the steps apart.
fn tick_label(value: f64) -> String {
    if value >= 1000.0 || value.fract() == 0.0 {
        return figure(value.round().max(0.0))
            .trim_end_matches(".00")
            .trim_end_matches(".0")
            .to_owned();
    }
    format!("{value:.2}").trim_end_matches('0').to_owned()
}

const WIDTH: i32 = 880;
const MARGIN: i32 = 20;
/// Where the bars begin and end; values stand behind them.
const LEFT: i32 = 170;
const RIGHT: i32 = 800;
const TOP: i32 = 66;
const BOTTOM: i32 = 48;
/// The room of a group's title.
const GROUP: i32 = 28;
/// The room of a name's two bars.
const ROW: i32 = 30;
const THICK: i32 = 12;
const INK: RGBColor = RGBColor(0x22, 0x2b, 0x38);
const OURS_INK: RGBColor = RGBColor(0xb4, 0x4f, 0x0e);
const SOFT: RGBColor = RGBColor(0x5b, 0x66, 0x75);
const GRID: RGBColor = RGBColor(0xe6, 0xe9, 0xee);
