# SPDX-License-Identifier: GPL-3.0-or-later
find_package(QCustomPlotQt6 REQUIRED)
set(GREYLAG_APP_SOURCES
    checkpoint_list_model.cpp
    loss_chart.cpp
    loss_chart_input.cpp
    run_library.cpp
    run_list_model.cpp
    run_series.cpp
    run_view.cpp
    sparkline.cpp)
set(GREYLAG_QML_FILES
    Runs/ChartKey.qml
    Runs/ChartView.qml
    Runs/CheckpointTable.qml
    Runs/MergeDialog.qml
    Runs/RunActions.qml
    Runs/RunBadge.qml
    Runs/RunCharts.qml
    Runs/RunDetail.qml
    Runs/RunRow.qml
    Runs/RunsPage.qml
    Runs/SmallChart.qml)
set(GREYLAG_APP_LINKS QCustomPlotQt6::QCustomPlotQt6)
