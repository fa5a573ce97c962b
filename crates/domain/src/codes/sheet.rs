//! Codes of a catalogue's tables: what is wrong with a file, a table, a row or a cell.

use super::codes;

codes! {
    "sheet.unknown" 422 {
        en: "A table is none of a catalogue", "Nothing, if it holds notes of the office's own; otherwise name it as the manual does. It was not read.";
        zh: "有工作表不属于目录", "若为本单位备注,无需处理;否则请按说明命名。该表未读取。";
    }
    "sheet.twice" 422 {
        en: "A table stands in the file twice", "Put its rows into one table; the later one was not read.";
        zh: "同一工作表重复出现", "请合并为一张表;靠后的一张未读取。";
    }
    "sheet.column_unknown" 422 {
        en: "A table has an unknown heading", "Nothing, if the column holds notes of the office's own; otherwise correct the heading. The column was not read.";
        zh: "表头中有未知列", "若为本单位备注,无需处理;否则请更正表头。该列未读取。";
    }
    "sheet.column_twice" 422 {
        en: "A heading stands in a table twice", "Keep one of the columns; the later one was read.";
        zh: "表头重复", "请只保留其中一列;已按靠后的一列读取。";
    }
    "sheet.column_missing" 422 {
        en: "A column is missing without which no row can be read", "Add the column; an export shows all of them.";
        zh: "缺少必需的列", "请补上该列;导出文件中可见全部列。";
    }
    "sheet.cell_missing" 422 {
        en: "A cell is empty that must not be", "Fill it in; the row was left out.";
        zh: "必填单元格为空", "请补填;该行未导入。";
    }
    "sheet.cell_malformed" 422 {
        en: "A cell holds something else than its column", "Write it in the form that the finding names; the row was left out.";
        zh: "单元格内容不符合该列格式", "请按提示的格式填写;该行未导入。";
    }
    "sheet.not_one_of" 422 {
        en: "A cell holds none of the words that its column has", "Use one of the words that the finding names, in Chinese or English; the row was left out.";
        zh: "单元格内容不在可选范围内", "请使用提示所列的词;该行未导入。";
    }
    "sheet.code_length" 422 {
        en: "A code is empty or too long", "Give 31 characters, 33 for a service item, or a local form of at most 64.";
        zh: "编码为空或过长", "请填写 31 位实施编码、33 位业务办理项编码,或不超过 64 位的地方编码。";
    }
    "sheet.code_character" 422 {
        en: "A code has a character that no code has", "Use capitals, digits and dashes only.";
        zh: "编码含有不允许的字符", "编码只能使用大写字母、数字和连字符。";
    }
    "sheet.code_body" 422 {
        en: "A code begins with no credit code", "Check its first 18 characters: one was misread.";
        zh: "编码前 18 位不是有效的统一社会信用代码", "请核对前 18 位,其中有误读。";
    }
    "sheet.code_tier" 422 {
        en: "A code names no tier of exercise", "Character 19 is 1 to 7 (GB/T 39046 table A.2).";
        zh: "编码中的行使层级无效", "第 19 位应为 1 至 7(GB/T 39046 表 A.2)。";
    }
    "sheet.code_number" 422 {
        en: "A service item's code has no number at its end", "End the code of 33 characters in two digits.";
        zh: "业务办理项编码末尾缺少序号", "33 位编码应以两位数字结尾。";
    }
    "sheet.calendar_day" 422 {
        en: "A row of the calendar cannot be taken", "Give each day once, with its holiday; only weekend days are worked instead.";
        zh: "工作日历中有一行无法采用", "每日只列一次并注明节日;只有周末可调为上班日。";
    }
    "sheet.duplicate" 422 {
        en: "A row stands in its table twice", "Keep one of the rows; the later one was left out.";
        zh: "表中有重复行", "请只保留其中一行;靠后的一行未导入。";
    }
    "sheet.matter_unknown" 422 {
        en: "A row belongs to a matter that is not there", "Add the matter, or correct its code; a faulty row of the table of matters leaves out what is below it.";
        zh: "该行所属事项不存在", "请补充该事项或更正编码;事项表中有误的行,其下属各行也不导入。";
    }
    "sheet.entry_unknown" 422 {
        en: "A row belongs to an entry that is not there", "Add the entry, or correct matter and unit.";
        zh: "该行所属实施清单条目不存在", "请补充该条目,或更正事项编码与行政单元。";
    }
    "sheet.name_differs" 422 {
        en: "An entry repeats another name than the matter's", "Check whether the code is the one that was meant; the row was kept, under the matter's name.";
        zh: "实施清单中的事项名称与事项表不一致", "请核对编码是否正确;该行已导入,以事项表名称为准。";
    }
    "sheet.file" 422 {
        en: "A file of tables cannot be read", "Give an XLSX workbook, a folder of CSV files in UTF-8, or a catalogue in JSON.";
        zh: "表格文件无法读取", "请提供 XLSX 工作簿、UTF-8 编码的 CSV 文件夹,或 JSON 格式的目录。";
    }
}
