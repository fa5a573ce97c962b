//! Codes of scenario files.

use super::codes;

codes! {
    "scenario.file" - {
        en: "A scenario file cannot be read", "Check the path and who may read it; `tongban scenario new FILE` writes a first one.";
        zh: "场景文件无法读取", "请检查路径和读取权限;`tongban scenario new FILE` 可生成第一个场景文件。";
    }
    "scenario.too_large" - {
        en: "A file is larger than any scenario", "A scenario file has at most 1 MiB: name the right file.";
        zh: "文件大小超过任何场景文件", "场景文件最大 1 MiB,请指定正确的文件。";
    }
    "scenario.syntax" - {
        en: "A scenario file is not TOML", "Put right what stands at the line and column.";
        zh: "场景文件不是有效的 TOML", "请更正所示行列处的内容。";
    }
    "scenario.key_unknown" - {
        en: "A scenario file has an unknown key", "Take the nearest known key, or leave it out: nothing is ignored silently.";
        zh: "场景文件中有未知的键", "请改用最接近的已知键,或将其删去;未知内容不会被忽略。";
    }
    "scenario.key_missing" - {
        en: "A scenario file lacks a key", "Add the key to the table that is pointed at.";
        zh: "场景文件缺少必要的键", "请在所示表中补上该键。";
    }
    "scenario.word_unknown" - {
        en: "A word in a scenario file is none of those that can stand there", "Take one of the words that the message lists.";
        zh: "场景文件中的词语不在可用范围内", "请从提示列出的词语中选择。";
    }
    "scenario.value" - {
        en: "A value in a scenario file cannot stand there", "Give a value of the kind and within the bounds that the message names.";
        zh: "场景文件中的值不合要求", "请按提示填写类型正确且在范围内的值。";
    }
    "scenario.unit_unknown" - {
        en: "A step or expectation names a unit that is not in the scenario's world", "Take one of the world's units, or add it to `units`.";
        zh: "步骤或预期中的单元不在场景中", "请使用场景中的单元,或将其加入 `units`。";
    }
    "scenario.division" - {
        en: "A scenario file names no division, or several", "Choose one of the candidates by its path or code.";
        zh: "场景文件中的区划不存在或不唯一", "请从候选中按路径或区划代码选择。";
    }
    "scenario.tree" - {
        en: "The units of a scenario are no tree", "Add the unit above, or take the second city out.";
        zh: "场景中的单元不能构成层级", "请补上其上级单元,或删去多余的市。";
    }
    "scenario.time" - {
        en: "A time in a scenario file cannot be", "Times only go on, and none lies before the start.";
        zh: "场景文件中的时间无效", "时间只能向后推移,且不得早于开始时间。";
    }
    "scenario.step" - {
        en: "A line of a scenario says nothing, or several things", "Write one line for each thing that is done or expected.";
        zh: "场景中的一行没有内容或含有多项内容", "每个步骤或预期请各写一行。";
    }
    "scenario.case_unknown" - {
        en: "A line of a scenario names a case that is not submitted before it", "Submit the case in an earlier line, or correct its label.";
        zh: "场景中的一行所指办件此前尚未提交", "请在前面的行中提交该办件,或更正其名称。";
    }
    "scenario.contradiction" - {
        en: "Two things in a scenario file contradict each other", "Change one of the two; the message names both.";
        zh: "场景文件中有两处相互矛盾", "请更改其中一处;提示中写明了两处内容。";
    }
}
