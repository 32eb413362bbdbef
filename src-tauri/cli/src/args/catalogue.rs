//! The words that describe a catalogue.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args as ClapArgs, ValueEnum};
use sluice_engine::api::Error;
use sluice_engine::spec::{Catalogue, CatalogueFormat, ChecksumColumn, PrefixRule};

/// Looks at a catalogue, and keeps how it is read and mapped as a preset.
#[derive(Debug, ClapArgs)]
pub(crate) struct CatalogueArgs {
    /// The export: CSV, TSV, XLSX, XLS, ODS, JSON, NDJSON or Avid ALE.
    pub(crate) file: PathBuf,
    /// Begin with what this preset says.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) preset: Option<PathBuf>,
    /// Keep how it is read and mapped as a preset.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) save_preset: Option<PathBuf>,
    /// What kind of file it is.
    #[arg(long)]
    format: Option<FormatArg>,
    /// Its character encoding, such as windows-1252, macintosh, shift_jis.
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// What stands between cells: one character, tab or none.
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// What stands around cells: one character, or none.
    #[arg(long, value_name = "CHARACTER")]
    quote: Option<String>,
    /// Which sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The row with the columns' names; 0: there is none.
    #[arg(long, value_name = "N")]
    header_row: Option<u64>,
    /// Rows at the beginning that are left out.
    #[arg(long, value_name = "N")]
    skip: Option<u64>,
    /// The column with the path; several are joined by /.
    #[arg(long, value_name = "COLUMN", num_args = 1..)]
    path: Vec<String>,
    /// Where relative paths begin. Default: the catalogue's own folder, unless there are prefixes.
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,
    /// A beginning of paths as the catalogue writes them, such as 'Z:\Archive', and the folder that it is
    /// on this computer. May be given several times.
    #[arg(long, num_args = 2, value_names = ["FROM", "FOLDER"], action = ArgAction::Append)]
    prefix: Vec<String>,
    /// The column with the record's own number.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// The column with the size in bytes.
    #[arg(long, value_name = "COLUMN")]
    size: Option<String>,
    /// The column with the checksum.
    #[arg(long, value_name = "COLUMN")]
    checksum: Option<String>,
}

impl CatalogueArgs {
    /// The catalogue as these words describe it; what they leave out comes from the preset.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, Error> {
        let column = |column: &String| ChecksumColumn { column: column.clone(), algorithm: None };
        // A preset may lie anywhere.
        let here = |folder: &Path| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let (prefixes, _) = self.prefix.as_chunks();
        let rule = |[from, to]: &[String; 2]| PrefixRule { from: from.clone(), to: here(Path::new(to)) };
        let own = Catalogue {
            file: self.file.clone(),
            format: self.format.map(FormatArg::format),
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.clone(),
            quote: self.quote.clone(),
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            skip: self.skip,
            path: self.path.clone(),
            base: self.base.as_deref().map(here),
            prefixes: prefixes.iter().map(rule).collect(),
            id: self.id.clone(),
            size: self.size.clone(),
            checksum: self.checksum.as_ref().map(column),
            ..Catalogue::default()
        };
        Ok(match &self.preset {
            Some(preset) => own.or(Catalogue::load_preset(preset)?),
            None => own,
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatArg {
    /// Text with delimiters.
    Csv,
    /// Excel 2007 and later.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
    /// OpenDocument.
    Ods,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Avid Log Exchange.
    Ale,
}

impl FormatArg {
    const fn format(self) -> CatalogueFormat {
        match self {
            Self::Csv => CatalogueFormat::Csv,
            Self::Xlsx => CatalogueFormat::Xlsx,
            Self::Xls => CatalogueFormat::Xls,
            Self::Ods => CatalogueFormat::Ods,
            Self::Json => CatalogueFormat::Json,
            Self::Ndjson => CatalogueFormat::Ndjson,
            Self::Ale => CatalogueFormat::Ale,
        }
    }
}
