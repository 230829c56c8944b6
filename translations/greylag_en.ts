<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>AdapterListModel</name>
    <message numerus="yes">
        <source>HRM reasoning core, %n cycle(s)</source>
        <translation>
            <numerusform>HRM reasoning core, %n cycle</numerusform>
            <numerusform>HRM reasoning core, %n cycles</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AnswerDelegate</name>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n token</numerusform>
            <numerusform>%n tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DataProblems</name>
    <message numerus="yes">
        <source>%n bad row(s)</source>
        <translation>
            <numerusform>%n bad row</numerusform>
            <numerusform>%n bad rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n warning</numerusform>
            <numerusform>%n warnings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>EngineChip</name>
    <message numerus="yes">
        <source>%n request(s) running</source>
        <translation>
            <numerusform>%n request running</numerusform>
            <numerusform>%n requests running</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LossChart</name>
    <message numerus="yes">
        <source>%n value(s), newest at %1, lowest %2 at step %3</source>
        <translation>
            <numerusform>%n value, newest at %1, lowest %2 at step %3</numerusform>
            <numerusform>%n values, newest at %1, lowest %2 at step %3</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ModelLibrary</name>
    <message numerus="yes">
        <source>%n more waiting</source>
        <translation>
            <numerusform>%n more waiting</numerusform>
            <numerusform>%n more waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n adapter(s) or state(s) work only with this model and rest until it is back: %1</source>
        <translation>
            <numerusform>%n adapter or state works only with this model and rests until it is back: %1</numerusform>
            <numerusform>%n adapters or states work only with this model and rest until it is back: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReviewStep</name>
    <message numerus="yes">
        <source>Settings, %n of them changed</source>
        <translation>
            <numerusform>Settings, one of them changed</numerusform>
            <numerusform>Settings, %n of them changed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RunLibrary</name>
    <message numerus="yes">
        <source>Its curves, settings and %n checkpoint(s) (%1) are removed for good. Chats that use one of them fall back to the model alone; models merged from it stay.</source>
        <translation>
            <numerusform>Its curves, settings and %n checkpoint (%1) are removed for good. Chats that use it fall back to the model alone; models merged from it stay.</numerusform>
            <numerusform>Its curves, settings and %n checkpoints (%1) are removed for good. Chats that use one of them fall back to the model alone; models merged from it stay.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SolveRecord</name>
    <message numerus="yes">
        <source>Solved after %n segment(s), %1 s. Checked by the rules: every row, column and box holds each digit once.</source>
        <translation>
            <numerusform>Solved after %n segment, %1 s. Checked by the rules: every row, column and box holds each digit once.</numerusform>
            <numerusform>Solved after %n segments, %1 s. Checked by the rules: every row, column and box holds each digit once.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not solved. After %n segment(s) the model is sure of its answer, but the answer breaks the rules.</source>
        <translation>
            <numerusform>Not solved. After %n segment the model is sure of its answer, but the answer breaks the rules.</numerusform>
            <numerusform>Not solved. After %n segments the model is sure of its answer, but the answer breaks the rules.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not solved after %n segment(s), %1 s.</source>
        <translation>
            <numerusform>Not solved after %n segment, %1 s.</numerusform>
            <numerusform>Not solved after %n segments, %1 s.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Stopped after %n segment(s).</source>
        <translation>
            <numerusform>Stopped after %n segment.</numerusform>
            <numerusform>Stopped after %n segments.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n cell(s) break a rule.</source>
        <translation>
            <numerusform>%n cell breaks a rule.</numerusform>
            <numerusform>%n cells break a rule.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TrainForm</name>
    <message numerus="yes">
        <source>The newest %n checkpoint(s) and the best one, %1 on disk at most.</source>
        <translation>
            <numerusform>The newest checkpoint and the best one, %1 on disk at most.</numerusform>
            <numerusform>The newest %n checkpoints and the best one, %1 on disk at most.</numerusform>
        </translation>
    </message>
</context>
</TS>
